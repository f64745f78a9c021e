"""Rehearsal: the whole program at a local exchange, where no money is.

`demo` shows an evening and a day, `replay` repeats one that is past, `drill` pulls each brake,
and `open_exchange` opens the exchange to whoever wants to trade on it.  `played_days` is the
cron that all days here are played by.
"""
