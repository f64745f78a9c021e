"""Folding positions: from fills, splits, acceptances, decisions and marks to what is held.

Fills are facts with an id, so the fold does not care how often or in which order they were
heard: they are taken once each, in the order in which they happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal

from avwap_cli.market import sessions
from avwap_cli.trading.facts import Acceptance, Decision, Mark, SplitTaken
from avwap_cli.trading.intents import Leg
from avwap_cli.trading.orders import ZERO
from avwap_cli.trading.plans import Plan, per_share
from avwap_cli.trading.positions import Execution, Position, Seen, by_hand, owner_by_hand
from avwap_cli.trading.price_ranges import rebased, widened

ACCEPTED = "accepted."  # begins the id of what a person took for right without a fill


@dataclass(frozen=True, slots=True)
class History:
    """Everything of one (strategy, symbol) that its positions are folded from.

    Attributes:
        plans: client id of an entry -> its plan.
        decisions: all of them; those of closed positions end with them.
    """

    strategy: str
    symbol: str
    executions: tuple[Execution, ...]
    plans: dict[str, Plan]
    splits: tuple[SplitTaken, ...] = ()
    acceptances: tuple[Acceptance, ...] = ()
    decisions: tuple[Decision, ...] = ()
    marks: tuple[Mark, ...] = ()


def folded(history: History) -> list[Position]:
    """The positions of one strategy in one symbol, oldest first; only the last can be open.

    1. Fills (each id once), splits (at the first moment of their first session), acceptances
       and marks are put in the order in which they happened; at one moment entries come first.
    2. A fill from flat begins a position; fills of its side enlarge it and move the average;
       the others realize (price - average) a share.  What a fill closes beyond flat begins
       the next position; a person's fill only goes down to flat, and what it does beyond that,
       or from flat, is theirs.
    """
    done: list[Position] = []
    held: Position | None = None
    for event in _events(history):
        if isinstance(event, SplitTaken):
            held = None if held is None else split_by(held, event)
        elif isinstance(event, _Marks):
            held = None if held is None else _marked(held, event)
        elif isinstance(event, Decision):
            held = None if held is None else _decided(held, event)
        else:
            for part in _parts(held, event):
                held = _applied(held, part, history)
                if not held.shares:
                    done.append(held)
                    held = None
    return done if held is None else [*done, held]


@dataclass(frozen=True, slots=True)
class _Marks:
    """Marks of one session between which nothing else happened.

    Attributes:
        at: of the first of them.
        last: the last that told of a new extreme.
        high, low: of those before it; None = there are none.
    """

    at: datetime
    last: Mark
    high: Decimal | None = None
    low: Decimal | None = None

    def and_then(self, mark: Mark) -> _Marks:
        high, low = self.extremes
        if mark.high <= high and mark.low >= low:
            return self
        return _Marks(self.at, mark, high, low)

    @property
    def extremes(self) -> tuple[Decimal, Decimal]:
        """High and low of all of them."""
        if self.high is None or self.low is None:
            return self.last.high, self.last.low
        return max(self.high, self.last.high), min(self.low, self.last.low)


_Event = Execution | SplitTaken | _Marks | Decision


def _events(history: History) -> Iterator[_Event]:
    once = {e.id: e for e in history.executions}
    taken = [_as_execution(a, n) for n, a in enumerate(history.acceptances)]
    rows: list[tuple[datetime, int, str, _Event | Mark]] = []
    rows += [(e.at, 1 if e.leg is Leg.ENTRY else 2, e.id, e) for e in (*once.values(), *taken)]
    rows += [(_midnight(s.first_session), 0, s.symbol, s) for s in _once(history.splits)]
    rows += [(d.at, 3, d.leg, d) for d in history.decisions]
    rows += [(m.at, 4, m.symbol, m) for m in history.marks]
    marked: _Marks | None = None
    for *_, event in sorted(rows, key=lambda row: row[:3]):
        if isinstance(event, Mark):  # hundreds a session: as one, as long as nothing else happens
            if marked is not None and marked.last.session != event.session:
                yield marked
                marked = None
            marked = _Marks(event.at, event) if marked is None else marked.and_then(event)
            continue
        if marked is not None:
            yield marked
            marked = None
        yield event
    if marked is not None:
        yield marked


def _once(splits: Iterable[SplitTaken]) -> Iterable[SplitTaken]:
    """One split of a symbol a session, however often it was heard of."""
    return {s.first_session: s for s in splits}.values()


def _midnight(session: date) -> datetime:
    return datetime.combine(session, time(0), sessions.EASTERN)


def _as_execution(a: Acceptance, number: int) -> Execution:
    key = f"{ACCEPTED}{number}"
    return Execution(key, a.at, a.shares, a.price, by_hand(a.strategy), None, a.reason, None)


def _parts(held: Position | None, fill: Execution) -> Iterator[Execution]:
    """The fill, cut in two where it closes more than is held; less what a person keeps of it."""
    is_theirs = owner_by_hand(fill.client_id) is not None and not fill.id.startswith(ACCEPTED)
    closing = ZERO if held is None else -held.signed_shares
    if held is not None:
        if fill.shares * held.direction >= 0 or abs(fill.shares) <= held.shares:
            yield fill
            return
        yield replace(fill, shares=closing)
    if not is_theirs:
        yield replace(fill, shares=fill.shares - closing)


def _applied(held: Position | None, fill: Execution, history: History) -> Position:
    if held is None:
        return _begun(fill, history)
    size = abs(fill.shares)
    executions = (*held.executions, fill)
    high, low = max(held.high, fill.price), min(held.low, fill.price)
    ranges = widened(held.ranges, sessions.session_of(fill.at), fill.price, fill.price)
    if fill.shares * held.direction > 0:
        opened = held.opened_shares + size
        shares = held.shares + size
        total = held.avg_price * held.shares + fill.price * size
        return replace(
            held,
            shares=shares,
            opened_shares=opened,
            avg_price=total / shares,
            plan=held.plan or history.plans.get(fill.client_id),
            high=high,
            low=low,
            ranges=ranges,
            executions=executions,
        )
    left = held.shares - size
    trims = held.trims | ({fill.leg} if fill.leg in (Leg.TRIM1, Leg.TRIM2) else set())
    return replace(
        held,
        shares=left,
        closed_at=None if left else fill.at,
        high=high,
        low=low,
        ranges=ranges,
        realized_usd=held.realized_usd + (fill.price - held.avg_price) * size * held.direction,
        executions=executions,
        trims=trims,
        decisions=held.decisions if left else (),
    )


def _begun(fill: Execution, history: History) -> Position:
    session = sessions.session_of(fill.at)
    return Position(
        strategy=history.strategy,
        symbol=history.symbol,
        direction=1 if fill.shares > 0 else -1,
        shares=abs(fill.shares),
        opened_shares=abs(fill.shares),
        avg_price=fill.price,
        entry_session=session,
        entered_at=fill.at,
        closed_at=None,
        plan=history.plans.get(fill.client_id),
        high=fill.price,
        low=fill.price,
        realized_usd=ZERO,
        executions=(fill,),
        ranges=widened((), session, fill.price, fill.price),
    )


def split_by(held: Position, split: SplitTaken) -> Position:
    """The position on the new basis: shares by the ratio, every price against it."""
    ratio = split.ratio
    up, down = ratio.numerator, ratio.denominator
    return replace(
        held,
        shares=held.shares * up / down,
        opened_shares=held.opened_shares * up / down,
        avg_price=per_share(held.avg_price, ratio),
        plan=None if held.plan is None else held.plan.after_split(ratio),
        high=per_share(held.high, ratio),
        low=per_share(held.low, ratio),
        decisions=tuple(
            replace(
                d,
                price=None if d.price is None else per_share(d.price, ratio),
                shares=None if d.shares is None else d.shares * up // down,
            )
            for d in held.decisions
        ),
        splits=(*held.splits, split),
        ranges=rebased(held.ranges, ratio),
        seen=held.seen and replace(held.seen, price=per_share(held.seen.price, ratio)),
    )


def _marked(held: Position, marks: _Marks) -> Position:
    if marks.at < held.entered_at:
        return held
    last, (best, worst) = marks.last, marks.extremes
    high = held.high if marks.high is None else max(held.high, marks.high)
    low = held.low if marks.low is None else min(held.low, marks.low)
    return replace(
        held,
        high=max(held.high, best),
        low=min(held.low, worst),
        ranges=widened(held.ranges, last.session, best, worst),
        seen=_seen(held, last, is_high=last.high > high, is_low=last.low < low),
    )


def _seen(held: Position, mark: Mark, *, is_high: bool, is_low: bool) -> Seen | None:
    """The price that the mark is for; of two new extremes the worse, for which came last is open."""
    if not is_high and not is_low:
        return held.seen
    takes_low = is_low and (held.direction > 0 or not is_high)
    return Seen(mark.low if takes_low else mark.high, mark.at)


def _decided(held: Position, decision: Decision) -> Position:
    """The decision stands until its shares are gone; one of a leg at a time."""
    if held.decided(decision.leg) is not None:
        return held
    trims = held.trims
    if decision.leg in (Leg.TRIM1, Leg.TRIM2):
        trims = trims | {decision.leg}
    return replace(held, decisions=(*held.decisions, decision), trims=trims)
