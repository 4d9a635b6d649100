"""What `config/machine.py` sets up on this machine: the virtual environment, and private instances of
PostgreSQL and Redis below `.local/`. Standard library only, since it runs before anything is installed."""
