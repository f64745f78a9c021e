"""The commands, one module per panel of `avwap --help`; each is a few lines."""
