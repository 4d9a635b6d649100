"""Lists out of the registry, as files that it reads back: rows → tables of Arrow batches → formats."""
