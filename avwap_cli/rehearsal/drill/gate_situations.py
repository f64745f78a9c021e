"""Gate situations: for each entry gate of the registry a moment in which it alone says no.

Without that gate the candidate's order would come to the exchange: where another brake stands
behind a gate, the situation is one that the other brake does not see.  So a gate that is out
of order shows at the wire, and not only in what the program says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from avwap_cli.rehearsal.drill.account_situations import OF_ACCOUNT
from avwap_cli.rehearsal.drill.brakes import Brake, Finding, Kind
from avwap_cli.rehearsal.drill.market_situations import OF_MARKET
from avwap_cli.rehearsal.drill.situations import SYMBOL, Situation, clear
from avwap_cli.rehearsal.drill.streets import Street
from avwap_cli.rehearsal.drill.symbol_situations import OF_SYMBOL
from avwap_cli.rehearsal.drill.yards import Yard
from avwap_cli.trading import entry_gates
from avwap_cli.verdicts import Gate

SITUATIONS: Mapping[Gate, Situation] = {**OF_ACCOUNT, **OF_SYMBOL, **OF_MARKET}
ROADS = {
    "open-road-moo": ("moo", "09:26"),
    "open-road-after-the-open": ("moo", "09:35"),
    "open-road-confirm": ("confirm", "09:46"),
}


def gates() -> list[Brake]:
    """First that an order goes out where nothing is wrong, then every gate in the order asked."""
    roads = [
        Brake(Kind.GATE, name, f"nothing is wrong, {group} at {at}", partial(_goes_out, group, at))
        for name, (group, at) in ROADS.items()
    ]
    return [*roads, *(_brake(gate) for gate in _registered())]


def _registered() -> Iterator[Gate]:
    """Every gate that there is, asked or not, and whatever else the registry asks."""
    yield from Gate
    yield from (gate for gate in entry_gates.CHECKS if gate not in list(Gate))


def _brake(gate: Gate) -> Brake:
    situation = SITUATIONS.get(gate)
    if situation is None:
        return Brake(Kind.GATE, str(gate), "nothing: there is no situation for it", _untried)
    return Brake(Kind.GATE, str(gate), situation.did, _holds(gate, situation))


def _untried(_yard: Yard) -> Finding:
    return Finding(False, "not tried, so nobody knows")


def _goes_out(group: str, at: str, yard: Yard) -> Finding:
    street = clear(yard, group, at)
    sent, denied = len(street.wire.entries(SYMBOL)), _denials(street)
    told = f"{sent} order sent" + (f", denied by {', '.join(denied)}" if denied else "")
    return Finding(sent == 1 and not denied, told)


def _holds(gate: Gate, situation: Situation) -> Callable[[Yard], Finding]:
    """Whether nothing came to the wire, and no other gate is to be thanked for it."""

    def pull(yard: Yard) -> Finding:
        street = situation.play(yard)
        sent, denied = street.wire.entries(SYMBOL), _denials(street)
        if sent:
            return Finding(False, "the order came to the exchange")
        if denied != [gate]:
            return Finding(False, f"no order, but denied by {', '.join(denied) or 'nothing'}")
        measured = street.book.denials[-1].measured
        return Finding(True, f"denied, no order ({measured})" if measured else "denied, no order")

    return pull


def _denials(street: Street) -> list[str]:
    """The gates that denied AAA in the session, in order."""
    mine = [d for d in street.book.denials if d.session == street.day and d.symbol == SYMBOL]
    return [denial.gate for denial in mine]
