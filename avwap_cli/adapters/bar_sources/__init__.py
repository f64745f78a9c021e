"""Where daily bars come from: Alpaca, Yahoo, users' own files."""
