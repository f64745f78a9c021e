"""Ledger tables: one per kind of fact, one readable column per field.

A fact's own records are flattened (an intent's role, a report's order).  Decimals are
text, so that no cent is lost; times are ISO 8601 in UTC with microseconds, so that text
sorts as time; words are the values of their enumerations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from types import NoneType
from typing import Any, cast, get_args, get_type_hints

from avwap_cli.trading.facts import (
    Acceptance,
    Act,
    Answer,
    Closure,
    Decision,
    Denied,
    EquityClose,
    Fact,
    HaltChange,
    Mark,
    Notice,
    Report,
    RunStarted,
    SplitTaken,
)
from avwap_cli.trading.intents import Intent
from avwap_cli.trading.orders import Fill, Transfer

Cell = str | int | None


@dataclass(frozen=True, slots=True)
class Column:
    """One field: its name, where the record keeps it, how it is written and read."""

    name: str
    path: str
    write: Callable[[Any], Cell]
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """A record's type, and of each of its fields the shape, or None where it is no record."""

    kind: Callable[..., Any]
    parts: tuple[Shape | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of fact.

    Attributes:
        name: also of the list in `Facts`.
        columns: in the order of the record's fields, nested records in place.
    """

    name: str
    kind: type[Fact]
    columns: tuple[Column, ...]
    shape: Shape

    def row(self, fact: Fact) -> tuple[Cell, ...]:
        """The fact as cells.

        Raises:
            ValueError: a time without a zone, or a number that is not finite.
        """
        return tuple(c.write(attrgetter(c.path)(fact)) for c in self.columns)

    def fact(self, row: Sequence[Any]) -> Fact:
        """The fact of a row.

        Raises:
            ValueError, TypeError, ArithmeticError: a cell is not what its column holds.
        """
        values = (c.read(cell) for c, cell in zip(self.columns, row, strict=True))
        made: Fact = _built(self.shape, values)
        return made


def _built(shape: Shape, values: Iterator[Any]) -> Any:
    return shape.kind(*(next(values) if p is None else _built(p, values) for p in shape.parts))


def _table(name: str, kind: type[Fact]) -> Table:
    return Table(name, kind, tuple(_columns(kind, "")), _shape(kind))


def _columns(kind: type[Any], prefix: str) -> Iterator[Column]:
    for name, hint in _hints(kind):
        if is_dataclass(hint):
            yield from _columns(cast(type[Any], hint), f"{prefix}{name}.")
        else:
            yield _column(name, prefix + name, hint)


def _shape(kind: type[Any]) -> Shape:
    hints = [cast(type[Any], hint) for _, hint in _hints(kind)]
    return Shape(kind, tuple(_shape(hint) if is_dataclass(hint) else None for hint in hints))


def _hints(kind: type[Any]) -> list[tuple[str, Any]]:
    hints = get_type_hints(kind)
    return [(f.name, hints[f.name]) for f in fields(kind)]


def _column(name: str, path: str, hint: Any) -> Column:
    """`hint` is a type of `_CODECS`, an enumeration, or one of these or None."""
    plain = next((t for t in get_args(hint) if t is not NoneType), hint)
    write, read = (_text, plain) if issubclass(plain, Enum) else _CODECS[plain]
    if plain is hint:
        return Column(name, path, write, read)
    return Column(name, path, _or_none(write), _or_none(read))


def _or_none(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    return str(value)


def _day(value: Any) -> str:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError(f"{value!r} is not a date")
    return value.isoformat()


def _moment(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _number(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return format(value, "f")


def _read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment


def _read_number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(f"{text!r} is not a finite number")
    return number


_CODECS: dict[type[Any], tuple[Callable[[Any], Cell], Callable[[Any], Any]]] = {
    str: (_text, _text),
    int: (int, int),
    bool: (int, bool),
    date: (_day, date.fromisoformat),
    datetime: (_moment, _read_moment),
    Decimal: (_number, _read_number),
}


TABLES = (
    _table("intents", Intent),
    _table("acts", Act),
    _table("answers", Answer),
    _table("closures", Closure),
    _table("reports", Report),
    _table("fills", Fill),
    _table("transfers", Transfer),
    _table("decisions", Decision),
    _table("splits", SplitTaken),
    _table("acceptances", Acceptance),
    _table("halts", HaltChange),
    _table("marks", Mark),
    _table("closes", EquityClose),
    _table("denials", Denied),
    _table("notices", Notice),
    _table("runs", RunStarted),
)
