"""Report dates: Yahoo behind a cache with a time to live, or a file."""
