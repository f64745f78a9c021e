"""The broker's doors: orders, prices, streams and time of one account."""
