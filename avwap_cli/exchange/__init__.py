"""The local exchange: Alpaca's protocols on loopback, over a tape and a clock that can be driven.

Three rooms, each knowing only those before it:

* `tape/` -- what happens at which time: prints, quotes and minute bars of each symbol;
* `broker/` -- the broker's books: orders, positions, cash, and the matching of orders with prints;
* `protocol/` -- Alpaca's requests and answers, as bytes in and bytes out.

They are pure: no network, no disk, no real time.  Time is an argument, chance comes from a
seed, and the same calls give the same event log byte for byte.

Under them lie `instants` (time), `settings`, `faults` (what has been ordered to go wrong) and
`refusals`.  Over them `virtual_clock` tells the time, `local` puts everything together behind
one lock, and there are two doors: `server` (sockets on 127.0.0.1, with `http_wire` and
`stream_sockets`), and `in_process` (none).
"""
