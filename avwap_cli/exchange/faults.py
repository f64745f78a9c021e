"""Faults: what goes wrong, when it has been ordered.

A `Fault` is a rule: what happens, where, and when (the nth time, by chance with a seed, at a
time of day).  The `FaultBox` is asked at each place where something can go wrong, and counts
what it fired.

Each rule counts and draws for itself, as if it were alone: ordering another one, or taking one
back, does not change when it strikes.  Where two strike at the same moment, the one ordered
first is what happens; the other has had its turn.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from fnmatch import fnmatchcase

from avwap_cli.exchange.instants import Instant, eastern


class FaultKind(StrEnum):
    """All that can be ordered; the text is the name on the command line."""

    # the way of a request or of its answer
    HANG = "hang"
    HANG_AFTER = "hang-after-accept"
    RESET = "reset"
    RESET_AFTER = "reset-after-accept"
    GATEWAY_TIMEOUT = "504-after-accept"
    RATE_LIMIT = "429"
    RATE_LIMIT_BARE = "429-bare"
    SERVER_ERROR = "500"
    HTML = "html"
    UNAUTHORIZED = "401"
    REFUSE = "refuse"
    # what an answer holds
    TRUNCATED_PAGE = "truncated-page"
    DUPLICATED_PAGE = "duplicated-page"
    UNKNOWN_ENUM = "unknown-enum"
    MISSING_FIELD = "missing-field"
    EMPTY_BARS = "empty-bars"
    NULL_BARS = "null-bars"
    STALE_QUOTE = "stale-quote"
    CLOCK_SKEW = "clock-skew"
    # the streams
    LATE_EVENT = "late-event"
    LOST_EVENT = "lost-event"
    DUPLICATED_EVENT = "duplicated-event"
    REORDERED_EVENT = "reordered-event"
    MUTE_SOCKET = "mute-socket"
    CONNECTION_LIMIT = "406"
    # the venue
    PARTIAL_THEN_CANCEL = "partial-then-cancel"
    REJECT_AFTER_ACCEPT = "reject-after-accept"
    STUCK_CANCEL = "stuck-cancel"
    HALT = "halt"
    HARD_TO_BORROW = "hard-to-borrow"
    UNADJUSTED_LEGS = "unadjusted-legs"


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule.

    Attributes:
        kind: what happens.
        where: a pattern (`*`, `?`) of the place: `POST /v2/orders`, `GET /v2/stocks/*`, the
            stream and event (`trade_updates fill`, `sip b`), or, for the venue's faults, the
            event at which it strikes (`new`, `replace`, `fill`, `cancel`, `halt`, `borrow`, `split`).
        symbol: only for this symbol; None = any.
        nth: only the nth time that all else matches, counted from 1; None = each time.
        times: at most so often, turns that another rule took included; None = without limit.
        probability: chance of each time, from the box's seed.
        after, before: only at these times of day (New York), after <= t < before.
        value: what the kind needs: seconds, a field's name, a refusal's name.
    """

    kind: FaultKind
    where: str = "*"
    symbol: str | None = None
    nth: int | None = None
    times: int | None = None
    probability: float = 1.0
    after: time | None = None
    before: time | None = None
    value: str | None = None

    def concerns(self, where: str, symbol: str | None, at: Instant) -> bool:
        """Whether the place, the symbol and the time of day are the rule's."""
        if not fnmatchcase(where, self.where) or self.symbol not in {None, symbol}:
            return False
        now = eastern(at).time()
        return (self.after is None or self.after <= now) and (
            self.before is None or now < self.before
        )


class FaultBox:
    """The rules in force, in the order of their making; deterministic for a seed."""

    def __init__(self, seed: int, rules: Sequence[Fault] = ()) -> None:
        self.fired: Counter[FaultKind] = Counter()
        self._seed = seed
        self._rules: dict[int, _Turns] = {}
        self._next = 1
        for rule in rules:
            self.add(rule)

    @property
    def rules(self) -> dict[int, Fault]:
        """Rules by their number."""
        return {number: turns.rule for number, turns in self._rules.items()}

    def add(self, rule: Fault) -> int:
        """Put a rule in force; returns its number."""
        number, self._next = self._next, self._next + 1
        self._rules[number] = _Turns(rule, f"fault {self._seed} {number}")
        return number

    def remove(self, number: int) -> None:
        """Take a rule out of force; unknown numbers are ignored."""
        self._rules.pop(number, None)

    def clear(self) -> None:
        """Take all rules out of force; the counts stay."""
        self._rules.clear()

    def draw(
        self,
        kinds: Collection[FaultKind],
        where: str,
        symbol: str | None,
        at: Instant,
        of: Callable[[Fault], bool] | None = None,
    ) -> Fault | None:
        """The first rule among `kinds` that strikes here and now, or None.

        Where `of` is given, only rules that it holds of are asked.  Every matching rule of these
        kinds is counted and draws its chance, whether it strikes
        or not.
        """
        struck: Fault | None = None
        for turns in tuple(self._rules.values()):
            rule = turns.rule
            if of is not None and not of(rule):
                continue
            if rule.kind not in kinds or not rule.concerns(where, symbol, at):
                continue
            if turns.strikes(where) and struck is None:
                self.fired[rule.kind] += 1
                struck = rule
        return struck


class _Turns:
    """A rule with its own count and its own chances.

    Chances come from one stream for each source: the first word of the place, which is a
    method, a stream or an event of the venue.  So how the messages of two streams happen to
    interleave decides nothing.
    """

    def __init__(self, rule: Fault, seed: str) -> None:
        self.rule = rule
        self._seed = seed
        self._seen = 0
        self._done = 0
        self._chances: dict[str, random.Random] = {}

    def strikes(self, where: str) -> bool:
        """Whether the rule strikes at this moment, which is one of its own."""
        rule = self.rule
        self._seen += 1
        if not self._by_chance(where):
            return False
        if rule.nth is not None and self._seen != rule.nth:
            return False
        if rule.times is not None and self._done >= rule.times:
            return False
        self._done += 1
        return True

    def _by_chance(self, where: str) -> bool:
        if self.rule.probability >= 1:
            return True
        source = where.partition(" ")[0]
        if source not in self._chances:
            self._chances[source] = random.Random(f"{self._seed} {source}")
        return self._chances[source].random() < self.rule.probability
