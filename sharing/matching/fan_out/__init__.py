"""A long run in parts, which any number of workers carry out, and the answers of one."""
