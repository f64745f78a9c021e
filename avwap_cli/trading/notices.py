"""Notices: what a pass has to tell people.

A state is told once when it begins and once when it ends; an event once ever.  What was told
is itself a fact of the ledger, so a restarted program neither repeats nor forgets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from avwap_cli.trading.facts import HaltLevel, Notice
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.order_records import OrderRecord, OrderState
from avwap_cli.trading.orders import Side
from avwap_cli.trading.safety_checks import BARE, Shortfall, bare
from avwap_cli.trading.steps import Page, Situation

SUSPECTED = "suspected"  # seen once; told to nobody until a second reading shows it too
QUIET = (SUSPECTED, BARE)  # kept for the next pass, told to nobody
STATES = (
    *QUIET,
    "differs",
    "unprotected",
    "stuck_cancel",
    "wrong_side",
    "split",
    "average",
    "halt",
)


def suspicion(key: str) -> str:
    """The key under which it is kept that a difference was seen, so that a restart knows."""
    return f"{SUSPECTED}.{key}"


def notices_of(
    situation: Situation, shortfalls: Sequence[Shortfall], pages: Iterable[Page]
) -> list[Notice]:
    """States that began or ended with this pass, then events not told yet."""
    now = {notice.key: notice for notice in _states(situation, shortfalls, pages)}
    began = [notice for key, notice in now.items() if key not in situation.book.states]
    ended = [
        Notice(situation.now, situation.session, told.kind, key, f"over: {told.text}", begins=False)
        for key, told in situation.book.states.items()
        if key not in now and told.kind in STATES
    ]
    known = {notice.key for notice in situation.book.notices}
    events = [notice for notice in _events(situation) if notice.key not in known]
    return [*began, *ended, *events]


def _states(
    situation: Situation, shortfalls: Sequence[Shortfall], pages: Iterable[Page]
) -> Iterator[Notice]:
    agreed = situation.agreement
    for difference in (*agreed.standing, *agreed.fresh):
        text = difference.text
        yield _state(situation, SUSPECTED, suspicion(difference.key), text, page=False)
    for difference in agreed.standing:
        yield _state(situation, "differs", difference.key, difference.text, page=True)
    for lack in shortfalls:
        yield _state(situation, BARE, bare(lack.symbol), lack.text, page=False)
        if lack.pages:
            yield _state(
                situation, "unprotected", f"unprotected.{lack.symbol}", lack.text, page=True
            )
    for page in pages:
        yield _state(situation, page.kind, page.key, page.text, page=True)
    if situation.halt is not HaltLevel.NONE:
        text = f"halt level {situation.halt} is in force: {_why_halted(situation)}"
        yield _state(situation, "halt", f"halt.{situation.halt}", text, page=False)


def _why_halted(situation: Situation) -> str:
    change = situation.book.halt(situation.session)
    if change is None or change.level.rank < situation.halt.rank:
        return "the file HALT"
    return f"{change.source}, {change.why}"


def _state(situation: Situation, kind: str, key: str, text: str, *, page: bool) -> Notice:
    return Notice(situation.now, situation.session, kind, key, text, page=page)


def _events(situation: Situation) -> Iterator[Notice]:
    for record in situation.book.orders.values():
        if record.intent.role.session != situation.session and record.leg is not Leg.STOP:
            continue
        if record.answer is not None and record.closure is not None:
            text = f"the broker refused {record.id}: {record.answer.text}"
            yield _event(situation, "refusal", f"refused.{record.id}", text)
        elif record.state is OrderState.FINAL and record.filled:
            yield _event(situation, _kind(record), f"filled.{record.id}", _fill_text(record))


def _event(situation: Situation, kind: str, key: str, text: str) -> Notice:
    return Notice(situation.now, situation.session, kind, key, text, begins=False)


def _kind(record: OrderRecord) -> str:
    return "entry" if record.leg is Leg.ENTRY else "exit"


def _fill_text(record: OrderRecord) -> str:
    report, role = record.report, record.intent.role
    price = None if report is None else report.filled_avg_price
    at = "" if price is None else f" at {price:.2f}"
    why = f" ({record.intent.reason})" if record.intent.reason else ""
    verb = "bought" if role.side is Side.BUY else "sold"
    return f"{role.symbol}: {verb} {record.filled} shares{at} for {role.strategy}{why}"
