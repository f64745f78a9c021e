"""The data host: bars, trades, quotes, snapshots, screener, corporate actions, news."""
