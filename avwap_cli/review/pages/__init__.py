"""Pages: what was found, written as HTML; every text escaped, nothing foreign run."""
