"""Account situations: moments in which one account gate alone says no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from avwap_cli.exchange.broker.orders import Side
from avwap_cli.market import sessions
from avwap_cli.ports import Ledger
from avwap_cli.rehearsal.drill.prices import DAY, Path_, flat
from avwap_cli.rehearsal.drill.situations import (
    BEFORE,
    MOO,
    SHARES,
    SYMBOL,
    Situation,
    changed,
    clear,
    entered,
    faulty,
    taken,
)
from avwap_cli.rehearsal.drill.streets import Street
from avwap_cli.rehearsal.drill.yards import Yard
from avwap_cli.stages.day.enter import run_enter
from avwap_cli.trading.facts import EquityClose, Fact, Facts, HaltLevel
from avwap_cli.verdicts import Gate


def _halted(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL))
    street.plan((SYMBOL, MOO))
    levels = iter((HaltLevel.NO_ENTRIES, HaltLevel.NO_ENTRIES))
    ports = replace(street.ports(), halt_file=lambda: next(levels, HaltLevel.NONE))
    run_enter(ports, street.request("moo"))
    return street


def _stale_plan(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL))
    street.plan((SYMBOL, MOO))
    street.rescan(as_of=sessions.previous_session(BEFORE).isoformat())
    street.pin()
    street.enter("moo")
    return street


def _degraded_plan(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL))
    street.plan((SYMBOL, MOO))
    street.rescan(quality={"state": "degraded", "reasons": ["coverage"]})
    street.pin()
    street.enter("moo")
    return street


def _not_reconciled(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL))
    for symbol in ("BBB", "CCC", "DDD"):
        street.ledger.append(taken(symbol, MOO, SHARES))
    return entered(street, "confirm", "09:46")


@dataclass
class Forgetful:
    """A ledger in which no halt is ever found."""

    ledger: Ledger

    def facts(self) -> Facts:
        """All but the halts."""
        return replace(self.ledger.facts(), halts=[])

    def append(self, *facts: Fact) -> int:
        """As the ledger."""
        return self.ledger.append(*facts)


def _forgetting(street: Street) -> Street:
    """Enter with a ledger that does not find the halt that the loss raises."""
    street.plan((SYMBOL, MOO))
    ports = street.ports()
    run_enter(replace(ports, ledger=Forgetful(street.ledger)), street.request("moo"))
    return street


def _daily_loss(yard: Yard) -> Street:
    falls: Path_ = (("09:30", 100.0), ("09:34", 97.0), ("16:00", 97.0))
    street = yard.street({**flat(SYMBOL), "ZZZ": {DAY: falls}})
    street.to("09:31")
    street.by_hand("ZZZ", Side.BUY, 1500)
    street.to("09:35")
    return _forgetting(street)


def _drawdown(yard: Yard) -> Street:
    street = yard.street(flat(SYMBOL))
    closed = sessions.closes_at(BEFORE)
    street.ledger.append(EquityClose(closed, BEFORE, Decimal(200_000), Decimal(0)))
    return _forgetting(street)


OF_ACCOUNT: Mapping[Gate, Situation] = {
    Gate.HALTED: Situation("the HALT file goes just after the candidate was judged", _halted),
    Gate.LIVE_KEY: Situation(
        "the account's status is none that we know",
        lambda yard: faulty(yard, "unknown-enum@GET /v2/account,value=status"),
    ),
    Gate.CLOCK: Situation(
        "the broker's clock is 30 s away",
        lambda yard: faulty(yard, "clock-skew@GET /v2/clock,value=30"),
    ),
    Gate.WINDOW: Situation("moo at 10:01", lambda yard: clear(yard, at="10:01")),
    Gate.STALE_PLAN: Situation("the frozen plan is a day too old", _stale_plan),
    Gate.DEGRADED_PLAN: Situation("the scan lacked coverage", _degraded_plan),
    Gate.NOT_RECONCILED: Situation(
        "three other symbols differ between ledger and broker", _not_reconciled
    ),
    Gate.DAILY_LOSS: Situation(
        "more lost than a day may, and the halt for it not found", _daily_loss
    ),
    Gate.DRAWDOWN: Situation("half of the peak lost, and the halt for it not found", _drawdown),
    Gate.BAD_NUMBER: Situation("a target of -1 ATR", changed(tp_atr_mult=-1.0)),
}
