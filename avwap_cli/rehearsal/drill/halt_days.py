"""Halt days: each halt level and each limit of loss is reached, and entries are tried under it.

AAA is held and protected; BBB is the candidate.  Under a level nothing of BBB may come to the
exchange, AAA keeps its stop (or is sold, under `flatten`), and after `resume` BBB goes out: so
it was the level, and nothing else, that held it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

from avwap_cli.exchange.broker.orders import Side
from avwap_cli.market import sessions
from avwap_cli.rehearsal.drill.brakes import Brake, Finding, Kind, Seen, checked, seen_as
from avwap_cli.rehearsal.drill.prices import DAY, Path_, flat
from avwap_cli.rehearsal.drill.protection_days import gone, protected
from avwap_cli.rehearsal.drill.situations import BEFORE, CONFIRM, MOO, SYMBOL
from avwap_cli.rehearsal.drill.streets import Street
from avwap_cli.rehearsal.drill.yards import Yard
from avwap_cli.stages.day.enter import run_enter
from avwap_cli.stages.day.halts import HaltPorts, run_halt, run_resume
from avwap_cli.trading.facts import EquityClose, HaltLevel

OTHER = "BBB"
LEVELS = tuple(level for level in HaltLevel if level is not HaltLevel.NONE)


def halts() -> list[Brake]:
    """Every halt: by a person, by the file, by a loss, by refusals."""
    made = [_brake(level, f"`avwap halt {level}`", partial(_person, level)) for level in LEVELS]
    rows: list[tuple[str, str, Callable[[Yard], Finding]]] = [
        ("halt-file", "a file HALT with nothing in it", _file),
        ("halt-file-flatten", "a file HALT that says flatten", _file_flatten),
        ("halt-cancels-entries", "a halt while an entry waits for the open", _waiting),
        ("halt-at-the-last-line", "a halt between the gates and the request", _last_line),
        ("daily-loss-halt", "more lost since the last close than a day may", _daily_loss),
        ("drawdown-halt", "half of the peak lost", _drawdown),
        ("refusals-halt", "the broker refuses three entries", _refusals),
    ]
    return [*made, *(Brake(Kind.HALT, name, did, pull) for name, did, pull in rows)]


def _brake(level: HaltLevel, did: str, pull: Callable[[Yard], Finding]) -> Brake:
    return Brake(Kind.HALT, str(level), did, pull)


def _ports(street: Street) -> HaltPorts:
    ports = street.ports()
    return HaltPorts(ports.ledger, ports.notifier, ports.clock, ports.halt_file)


def _no_entry(street: Street, symbol: str = OTHER) -> Seen:
    """Whether no entry in that symbol came to the exchange, and in words."""
    sent = len(street.wire.entries(symbol))
    return not sent, "no entry sent" if not sent else f"{sent} entries of {symbol} sent"


def _goes_out(street: Street, symbol: str = OTHER) -> Seen:
    """Whether an entry in that symbol did, once nothing forbids it."""
    sent = bool(street.wire.entries(symbol))
    return sent, "sent after resume" if sent else "not sent after resume either"


def _held(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL, OTHER))
    street.hold(SYMBOL)
    street.to("09:45:30")
    street.plan((OTHER, CONFIRM))
    return street


def _person(level: HaltLevel, yard: Yard) -> Finding:
    street = _held(yard)
    run_halt(level, "drill", _ports(street))
    street.enter("confirm")
    street.watch("09:46:30")
    forbidden = _no_entry(street)
    rest = gone(street) if level is HaltLevel.FLATTEN else protected(street)
    run_resume(_ports(street))
    street.enter("confirm")
    return checked(forbidden, rest, _goes_out(street))


def _file(yard: Yard) -> Finding:
    return _under_file(_held(yard), "", protected)


def _file_flatten(yard: Yard) -> Finding:
    return _under_file(_held(yard), f"{HaltLevel.FLATTEN}\n", gone)


def _under_file(street: Street, text: str, look: Callable[[Street], Seen]) -> Finding:
    file = street.desk.halt_path
    file.write_text(text, encoding="utf-8")
    street.enter("confirm")
    street.watch("09:46:30")
    forbidden, rest = _no_entry(street), look(street)
    file.unlink()
    street.enter("confirm")
    return checked(forbidden, rest, _goes_out(street))


def _waiting(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL))
    street.plan((SYMBOL, MOO))
    street.enter("moo")
    sent = bool(street.open_orders(SYMBOL))
    run_halt(HaltLevel.NO_ENTRIES, "drill", _ports(street))
    street.watch("09:27")
    street.to("09:31")
    held = street.held(SYMBOL)
    return checked(
        seen_as(sent, "it waited", "it was not sent"),
        (held == 0, f"{held:f} shares held after the open"),
    )


def _last_line(yard: Yard) -> Finding:
    street = yard.street(flat(SYMBOL))
    street.plan((SYMBOL, MOO))
    levels = iter((HaltLevel.NONE, HaltLevel.NONE))
    ports = street.ports()
    halting = replace(ports, halt_file=lambda: next(levels, HaltLevel.NO_ENTRIES))
    run_enter(halting, street.request("moo"))
    judged = not street.book.denials
    return checked(
        _no_entry(street, SYMBOL),
        seen_as(judged, "the gates had let it pass", "the gates denied it"),
    )


def _halted_by(street: Street, source: str) -> Seen:
    raised = [change.source for change in street.book.halts]
    return raised == [source], f"halted by {', '.join(raised) or 'nothing'}"


def _daily_loss(yard: Yard) -> Finding:
    falls: Path_ = (("09:30", 100.0), ("09:34", 97.0), ("16:00", 97.0))
    street = yard.street({**flat(OTHER), "ZZZ": {DAY: falls}})
    street.to("09:31")
    street.by_hand("ZZZ", Side.BUY, 1500)
    street.to("09:45:30")
    return _under_loss(street, "daily_loss")


def _drawdown(yard: Yard) -> Finding:
    street = yard.street(flat(OTHER))
    closed = sessions.closes_at(BEFORE)
    street.ledger.append(EquityClose(closed, BEFORE, Decimal(200_000), Decimal(0)))
    street.to("09:45:30")
    return _under_loss(street, "drawdown")


def _under_loss(street: Street, source: str) -> Finding:
    street.plan((OTHER, CONFIRM))
    street.enter("confirm")
    return checked(_no_entry(street), _halted_by(street, source))


def _refusals(yard: Yard) -> Finding:
    names = ("AAA", "CCC", "DDD")
    street = yard.street(flat(OTHER, *names))
    for name in names:
        street.exchange.fault(f"refuse@POST /v2/orders,symbol={name},value=no-price")
    wanted = [(name, MOO) for name in names]
    street.plan(*wanted, (OTHER, MOO))
    street.enter("moo")
    refused = sum(len(street.wire.entries(name)) for name in names)
    seen = [(refused == len(names), f"{refused} refused"), _no_entry(street)]
    seen.append(_halted_by(street, "refusals"))
    run_resume(_ports(street))
    street.enter("moo")
    return checked(*seen, _goes_out(street))
