"""The membership lists: downloads, their last good copies, parsers, liquidity columns."""
