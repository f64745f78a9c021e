"""Earnings cache: what a vendor said about each symbol's report dates, and when.

One JSON file.  An entry keeps the dates of earlier answers that the newest one no longer
reaches back to.  Three things are told apart: *known* (dates came), *empty* (the vendor
answered that there are none) and *unanswered* (it has no table for the symbol; older dates stay).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

import numpy as np

from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.adapters.lists.known_dates import session_of
from avwap_cli.errors import DamagedInput, InputError, SchemaMismatch
from avwap_cli.market.earnings import EarningsDates, Timing, earnings_dates
from avwap_cli.market.symbols import is_symbol

SCHEMA = "avwap.earnings/1.0"
MAX_BYTES = 50 * 1024 * 1024
NEVER = datetime.min.replace(tzinfo=UTC)


class Answer(StrEnum):
    """What the newest attempt brought."""

    KNOWN = "known"
    EMPTY = "empty"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Entry:
    """One symbol.

    Attributes:
        tried: when the vendor was last asked (aware).
        answered: when it last answered (aware); NEVER if it never did.
        answer: what the newest attempt brought.
        days: report dates as YYYYMMDD, ascending.
        timing: a `Timing` for each.
    """

    tried: datetime
    answered: datetime
    answer: Answer
    days: tuple[int, ...]
    timing: tuple[int, ...]

    def dates(self) -> list[date]:
        return [_date(day) for day in self.days]


def answered(old: Entry | None, reports: Mapping[date, Timing], now: datetime) -> Entry:
    """The entry after an answer: its dates, and older ones that it does not reach back to.

    The answer knows better than we did about all days from today on, so a report that was
    put off leaves no old date behind; an empty answer takes the coming dates away.
    """
    reach = min((now.date(), *reports))
    merged = {int(day.strftime("%Y%m%d")): int(timing) for day, timing in reports.items()}
    for day, timing in zip(old.days, old.timing, strict=True) if old else ():
        if day < int(reach.strftime("%Y%m%d")):
            merged[day] = timing
    days = tuple(sorted(merged))
    answer = Answer.KNOWN if reports else Answer.EMPTY
    return Entry(now, now, answer, days, tuple(merged[day] for day in days))


def unanswered(old: Entry | None, now: datetime) -> Entry:
    """The entry after the vendor showed no table; what was known stays."""
    if old is None:
        return Entry(now, NEVER, Answer.UNANSWERED, (), ())
    return replace(old, tried=now, answer=Answer.UNANSWERED)


def as_dates(entries: Mapping[str, Entry], symbols: Sequence[str]) -> EarningsDates:
    """The reports of these symbols as columns."""
    wanted = [symbol for symbol in sorted(set(symbols)) if symbol in entries]
    found = [entries[symbol] for symbol in wanted]
    counts = [len(entry.days) for entry in found]
    number = np.array([day for entry in found for day in entry.days], dtype=np.int64)
    timing = np.array([when for entry in found for when in entry.timing], dtype=np.int8)
    month = (number // 10000 - 1970) * 12 + number // 100 % 100 - 1
    day = month.astype("datetime64[M]").astype("datetime64[D]") + (number % 100 - 1)
    latest = max((entry.answered for entry in found), default=NEVER)
    known = date.min if latest == NEVER else session_of(latest)
    return earnings_dates(np.repeat(np.array(wanted, dtype=np.str_), counts), day, known, timing)


def read_entries(path: Path) -> dict[str, Entry]:
    """All entries; none where the file is absent.

    Raises:
        DamagedInput: not such a file.
        SchemaMismatch: a newer program wrote it.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _damaged(path, f"is larger than {MAX_BYTES >> 20} MB")
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise InputError(f"cannot read {path}: {problem.strerror or problem}") from problem
    except (ValueError, RecursionError) as problem:
        raise _damaged(path, "is not JSON") from problem
    if not isinstance(document, dict) or not isinstance(document.get("schema"), str):
        raise _damaged(path, "names no schema")
    if document["schema"] != SCHEMA:
        raise SchemaMismatch(
            f"{path} has schema {document['schema']!r}, this program reads {SCHEMA}",
            "update avwap, or delete the file: it is only a cache",
        )
    try:
        entries = {name: _entry(name, item) for name, item in document["entries"].items()}
        for day in {day for entry in entries.values() for day in entry.days}:
            _date(day)
        return entries
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise _damaged(path, f"has a wrong entry ({problem})") from problem


def write_entries(path: Path, entries: Mapping[str, Entry]) -> bool:
    """Write all entries, one per line, sorted; True if the bytes changed."""
    lines = [
        f"{json.dumps(symbol)}: {json.dumps(_item(entries[symbol]), separators=(',', ':'))}"
        for symbol in sorted(entries)
    ]
    text = ",\n".join(lines)
    return write_if_changed(path, f'{{"schema": "{SCHEMA}", "entries": {{\n{text}\n}}}}\n'.encode())


def _item(entry: Entry) -> dict[str, object]:
    return {
        "tried": entry.tried.isoformat(timespec="seconds"),
        "answered": None
        if entry.answered == NEVER
        else entry.answered.isoformat(timespec="seconds"),
        "answer": entry.answer.value,
        "days": entry.days,
        "timing": entry.timing,
    }


def _entry(symbol: str, item: Mapping[str, object]) -> Entry:
    """An entry as written; ValueError, TypeError or KeyError if it is none."""
    tried = datetime.fromisoformat(str(item["tried"]))
    said = item["answered"]
    when = NEVER if said is None else datetime.fromisoformat(str(said))
    days, timing = item["days"], item["timing"]
    if not isinstance(days, list) or not isinstance(timing, list):
        raise ValueError(f"{symbol}: dates are not lists")
    entry = Entry(tried, when, Answer(str(item["answer"])), tuple(days), tuple(timing))
    if not is_symbol(symbol) or len(days) != len(timing) or tried.tzinfo is None:
        raise ValueError(f"{symbol}: not an entry")
    if when.tzinfo is None or not set(timing) <= {0, 1, 2}:
        raise ValueError(f"{symbol}: not an entry")
    if not all(type(day) is int for day in days):
        raise ValueError(f"{symbol}: a date is none")
    return entry


def _date(day: int) -> date:
    """The date that YYYYMMDD stands for; ValueError if there is none."""
    return date(day // 10000, day // 100 % 100, day % 100)


def _damaged(path: Path, what: str) -> DamagedInput:
    return DamagedInput(f"{path} {what}", "delete it: it is only a cache and is fetched again")
