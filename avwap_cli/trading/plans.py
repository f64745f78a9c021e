"""Plans: a candidate with its levels, as an entry's intent carries it.

A plan is read from `scan.json` once and then travels as text with the intent, so that a
position is managed by the plan it was entered on, whatever later scans say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self

from avwap_cli.errors import DamagedInput

AVWAP = "avwap"
DIRECTIONS = {"long": 1, "short": -1}
DIRECTION_WORDS = {sign: word for word, sign in DIRECTIONS.items()}


@dataclass(frozen=True, slots=True)
class Plan:
    """What we mean to do with one candidate.

    Attributes:
        session: the trade session it was made for.
        direction: 1 long, -1 short.
        group: moo, confirm or boh.
        prev_close, atr, entry, stop, r1, r2: USD, on the as-of session's basis; stop and
            targets of the batch strategies are indications, theirs follow from the fill.
        dist_pct: of avwap setups, distance from the anchored VWAP in percent.
        weight: the regime's weight of the strategy.
    """

    session: date
    rank: int
    symbol: str
    strategy: str
    direction: int
    group: str
    sector: str
    prev_close: Decimal
    atr: Decimal
    sl_atr_mult: Decimal | None
    max_stop_frac: Decimal | None
    tp_atr_mult: Decimal | None
    trailing_atr_mult: Decimal | None
    max_hold_sessions: int
    entry: Decimal
    stop: Decimal | None
    r1: Decimal | None
    r2: Decimal | None
    dist_pct: Decimal | None
    weight: Decimal

    def stop_from(self, price: Decimal) -> Decimal | None:
        """The strategy's own stop of an entry at that price, USD, not rounded to a tick.

        avwap's is the plan's structural stop; the others' lies `sl_atr_mult` ATR away,
        `max_stop_frac` of the price at most.  None where the plan says neither.
        """
        if self.strategy == AVWAP:
            return self.stop
        if self.sl_atr_mult is None:
            return None
        away = self.sl_atr_mult * self.atr
        if self.max_stop_frac is not None:
            away = min(away, self.max_stop_frac * price)
        return price - self.direction * away

    def after_split(self, ratio: Fraction) -> Self:
        """The plan with every price on the basis after a split into `ratio` shares for one."""
        if ratio == 1:
            return self

        def price(usd: Decimal | None) -> Decimal | None:
            return None if usd is None else per_share(usd, ratio)

        return replace(
            self,
            prev_close=per_share(self.prev_close, ratio),
            atr=per_share(self.atr, ratio),
            entry=per_share(self.entry, ratio),
            stop=price(self.stop),
            r1=price(self.r1),
            r2=price(self.r2),
        )

    def text(self) -> str:
        """The plan as canonical JSON; `of_text` reads it again."""
        pairs = {f.name: _written(getattr(self, f.name)) for f in fields(self)}
        return json.dumps(pairs, sort_keys=True, separators=(",", ":"))

    @classmethod
    def of_text(cls, text: str) -> Self:
        """The plan that `text` wrote.

        Raises:
            ValueError, KeyError: it is no plan's text.
        """
        read = json.loads(text)
        return cls(**{f.name: _READERS[f.name](read[f.name]) for f in fields(cls)})


def plan_of(
    candidate: Mapping[str, Any],
    session: date,
    weights: Mapping[str, float],
    max_stop_frac: float | None,
) -> Plan:
    """The plan of one candidate of `scan.json`.

    Args:
        candidate: as the document carries it.
        weights: the regime's, by strategy.
        max_stop_frac: of the strategy's exit rules.

    Raises:
        DamagedInput: a field is missing or of the wrong kind.
    """
    try:
        return Plan(
            session=session,
            rank=int(candidate["rank"]),
            symbol=str(candidate["symbol"]),
            strategy=str(candidate["strategy"]),
            direction=DIRECTIONS[candidate["direction"]],
            group=str(candidate["entry_group"]),
            sector=str(candidate["sector"]),
            prev_close=decimal(candidate["prev_close"]),
            atr=decimal(candidate["atr"]),
            sl_atr_mult=_optional(candidate["sl_atr_mult"]),
            max_stop_frac=_optional(max_stop_frac),
            tp_atr_mult=_optional(candidate["tp_atr_mult"]),
            trailing_atr_mult=_optional(candidate["trailing_atr_mult"]),
            max_hold_sessions=int(candidate["max_hold_sessions"]),
            entry=decimal(candidate["entry"]),
            stop=_optional(candidate["stop"]),
            r1=_optional(candidate["r1"]),
            r2=_optional(candidate["r2"]),
            dist_pct=_optional(candidate["metadata"].get("dist_pct")),
            weight=decimal(weights.get(str(candidate["strategy"]), 0.0)),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as problem:
        raise DamagedInput(
            f"a candidate of scan.json for {session} cannot be read ({problem!r})",
            f"run `avwap scan --session {session}` again",
        ) from problem


def per_share(usd: Decimal, ratio: Fraction) -> Decimal:
    """A price on the basis after a split into `ratio` shares for one."""
    return usd * ratio.denominator / ratio.numerator


def decimal(value: float | int | str) -> Decimal:
    """The number as a decimal, by its shortest text.

    Raises:
        ValueError: it is no finite number.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{value!r} is not a number")
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return number


def _optional(value: Any) -> Decimal | None:
    return None if value is None else decimal(value)


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


_READERS: dict[str, Any] = {
    f.name: {
        "date": date.fromisoformat,
        "Decimal": Decimal,
        "Decimal | None": _optional,
    }.get(str(f.type), lambda value: value)
    for f in fields(Plan)
}
