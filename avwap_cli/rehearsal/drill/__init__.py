"""The drill: every brake of the trading day is pulled on a local exchange, to see that it holds.

`rounds` puts the list of `brakes` together and pulls each: the gates of the registry
(`gate_situations`), the protections (`protection_days`), halts, keys and mishaps (`halt_days`,
`key_checks`, `mishap_days`).  A `street` is one account at one exchange in one process, in
virtual time; it stands in a `yard`, a folder that is gone afterwards.  What counts is what came
to the wire and what the exchange's books hold, never what the program says of itself.
"""
