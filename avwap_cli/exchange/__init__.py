"""The local exchange: Alpaca's protocols on loopback, over a tape and a clock that can be driven.

Four rooms, each knowing only those before it:

* `tape/` -- what happens at which time: prints, quotes and minute bars of each symbol;
* `book/` -- the broker's books: orders, positions, cash, and the matching of orders with prints;
* `protocol/` -- Alpaca's requests and answers, as bytes in and bytes out;
* `server`, `in_process` -- two doors: sockets on 127.0.0.1, or none at all.

Tape, book and protocol are pure: no network, no disk, no real time.  Time is an argument,
chance comes from a seed, and the same calls give the same event log byte for byte.
"""
