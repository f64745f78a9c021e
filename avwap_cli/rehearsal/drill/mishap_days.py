"""Mishap days: somebody else is at work, answers come too late, or the program dies mid-order.

Whatever happens, the exchange has at most one entry of a plan, and none that is too late.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from avwap_cli.errors import LockBusy
from avwap_cli.exchange.protocol.messages import Request
from avwap_cli.rehearsal.drill.brakes import Brake, Finding, Kind, Seen, checked, seen_as
from avwap_cli.rehearsal.drill.prices import flat
from avwap_cli.rehearsal.drill.protection_days import protected
from avwap_cli.rehearsal.drill.situations import MOO, SYMBOL
from avwap_cli.rehearsal.drill.streets import Street
from avwap_cli.rehearsal.drill.wires import Killed, is_entry
from avwap_cli.rehearsal.drill.yards import Yard

SLOW_S = 50.0


def mishaps() -> list[Brake]:
    """What must not make an order, and what must not make two."""
    rows: list[tuple[str, str, Callable[[Yard], Finding]]] = [
        ("lock-busy", "another program holds the account", _lock_busy),
        ("frozen-plan", "scan.json is written anew after the gap filter", _frozen_plan),
        ("late-answers", "an answer of 50 s, 40 s before the window ends", _late_answers),
        ("killed-before-request", "killed when the order is to be sent", _killed_before),
        ("killed-before-answer", "killed when the order has arrived", _killed_after),
        ("lost-answer", "the answer to the order is lost", _lost_answer),
    ]
    return [Brake(Kind.MISHAP, name, did, pull) for name, did, pull in rows]


def _sent(street: Street, expected: int) -> Seen:
    """Whether so many entries came to the exchange."""
    count = len(street.wire.entries(SYMBOL))
    return count == expected, f"{count} entries sent"


def _lock_busy(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL))
    street.plan((SYMBOL, MOO))
    street.lock = street.desk.account_lock
    waited = False
    with street.desk.account_lock():
        try:
            street.enter("moo")
        except LockBusy:
            waited = True
    held_off = _sent(street, 0)
    street.enter("moo")
    after, _ = _sent(street, 1)
    return checked(
        seen_as(waited, "told that it is busy", "nobody was told that it is busy"),
        held_off,
        seen_as(after, "sent once it was free", "not sent once it was free"),
    )


def _frozen_plan(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL))
    street.plan((SYMBOL, MOO))
    street.rescan(regime={"name": "RANGING", "direction": None, "numbers": {"adx": 1}})
    street.enter("moo")
    return checked(_sent(street, 0))


def _late_answers(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL))
    street.plan((SYMBOL, MOO))
    street.to("09:59:20")
    waits = [SLOW_S]

    def slow(request: Request) -> None:
        if request.path == "/v2/positions" and waits:
            street.exchange.step(waits.pop())

    street.wire.before = slow
    street.enter("moo")
    return checked(_sent(street, 0), (not waits, f"judged at {street.exchange.now():%H:%M:%S}"))


def _dying(request: Request) -> None:
    if is_entry(request, SYMBOL):
        raise Killed


def _killed_before(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL))
    street.wire.before = _dying
    return _restarted(street)


def _killed_after(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL))
    street.wire.after = _dying
    return _restarted(street)


def _restarted(street: Street) -> Finding:
    """Die in the run; start anew, and see what the open brings."""
    street.plan((SYMBOL, MOO))
    with suppress(Killed):
        street.enter("moo")
    street.wire.before = street.wire.after = lambda _: None
    street.reopen()
    return _one_order(street)


def _lost_answer(yard: Yard) -> Finding:
    fault = "504-after-accept@POST /v2/orders,times=1"
    street = yard.street(flat(SYMBOL), faults=[fault])
    street.plan((SYMBOL, MOO))
    street.enter("moo")
    return _one_order(street)


def _one_order(street: Street) -> Finding:
    """Enter again, watch the open: one entry, and all that it bought is protected."""
    street.to("09:27")
    street.enter("moo", once=False)
    street.to("09:30:10")
    street.watch("09:31")
    entries = [o for o in street.orders(SYMBOL) if ".entry." in o.client_order_id]
    bought = sum(int(o.filled_qty) for o in entries)
    same = street.book.held(SYMBOL) == street.held(SYMBOL) == bought
    one = (len(entries) == 1, f"{len(entries)} entry at the exchange")
    return checked(
        one,
        seen_as(same, "the ledger holds the same", "ledger and exchange differ"),
        protected(street),
    )
