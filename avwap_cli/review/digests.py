"""Digests: what a message to people says; one for each run that has something to tell.

A message has a title, lines, a table in a fixed-width font, and a foot with the health line.  How
it looks at its reader's is up to the channel.  Text that came from outside is made one line each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from avwap_cli.trading.facts import Notice

MOST_LINES, MOST_ROWS, LONGEST_LINE, LONGEST_TITLE = 25, 15, 300, 120
HIGHEST_PRICE = 1e9
HOUR_S, DAY_S = 3600, 86400
EVENTS_THAT_WARN = ("refusal", "window", "acceptance")
REFUSED = "refused."  # how the key of a stage's refusal begins
DONE, BAD_ENDS = "done", ("failed", "refused")
WELL = "clean"
CANDIDATE_COLUMNS = ("#", "symbol", "side", "entry", "stop", "strategy")
ORDER_COLUMNS = ("symbol", "side", "shares", "filled", "price", "state")


class Severity(StrEnum):
    """How much a message matters."""

    INFO = "info"
    WARNING = "warning"
    PAGE = "page"

    @property
    def rank(self) -> int:
        """0 = the least."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A picture that goes along with a message.

    Attributes:
        name: of the file.
        png: its bytes.
    """

    name: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """What is told.

    Attributes:
        lines: sentences, what matters most first.
        table: lines in a font of fixed width.
        foot: what is said below it.
        enclosure: for channels that take files; it is sent once, and never kept.
    """

    severity: Severity
    title: str
    lines: tuple[str, ...] = ()
    table: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()
    enclosure: Enclosure | None = None

    @property
    def text(self) -> str:
        """All below the title, as plain text."""
        parts = ["\n".join(part) for part in (self.lines, self.table, self.foot) if part]
        return "\n\n".join(parts)


@dataclass(frozen=True, slots=True)
class Health:
    """The state of what the day stands on.

    Attributes:
        scan_age_s: since the scan ended; None = there is none.
        candidates: of that scan.
        median: of the candidates of the scans before it; None = there are none.
        scans: how many those are.
        feed: provider and feed; empty = not known.
        bars: fresh, thin, stale or missing.
    """

    scan_age_s: float | None = None
    candidates: int | None = None
    median: float | None = None
    scans: int = 0
    feed: str = ""
    bars: str = "missing"

    @property
    def line(self) -> str:
        """One line."""
        if self.scan_age_s is None or self.candidates is None:
            scan = "no scan"
        else:
            usual = (
                "none before" if self.median is None else f"median of {self.scans}: {self.usual}"
            )
            noun = "candidate" if self.candidates == 1 else "candidates"
            scan = f"scan {age(self.scan_age_s)} old, {self.candidates} {noun} ({usual})"
        return f"health: {scan}; feed {self.feed or 'not known'}, bars {self.bars}"

    @property
    def usual(self) -> str:
        """The median as a person writes it."""
        return f"{self.median:g}"


@dataclass(frozen=True, slots=True)
class Run:
    """How the run of a stage ended.

    Attributes:
        account: paper, exchange or live.
        state: as in the run's record: done, unchanged, frozen, refused or failed.
        quality: clean, degraded or refused.
        candidates: rows of scan.json; none for other stages.
        orders: rows of entries.json; none for other stages.
        files: what a person may open.
    """

    stage: str
    session: date
    account: str
    state: str = ""
    summary: str = ""
    quality: str = WELL
    warnings: tuple[str, ...] = ()
    candidates: Sequence[Mapping[str, Any]] = ()
    orders: Sequence[Mapping[str, Any]] = ()
    files: tuple[str, ...] = ()


def severity_of(notice: Notice) -> Severity:
    """A page pages when it begins; what has ended is no more than news."""
    if notice.page and notice.begins:
        return Severity.PAGE
    if notice.begins or notice.kind in EVENTS_THAT_WARN or notice.key.startswith(REFUSED):
        return Severity.WARNING
    return Severity.INFO


def of_notices(run: Run, notices: Sequence[Notice]) -> Message:
    """What a run under way has to tell, what matters most first."""
    severity = max((severity_of(n) for n in notices), key=lambda s: s.rank)
    return Message(severity, _title(run, severity), _limited(_told(notices), MOST_LINES))


def of_run(
    run: Run, notices: Sequence[Notice], health: Health, *, quiet: bool = False
) -> Message | None:
    """The digest of a run that ended; None where there is nothing to tell.

    Args:
        run: how it ended.
        notices: what it told of and nobody was sent yet.
        health: of the moment.
        quiet: a run that went well and found nothing wrong is not told.
    """
    worked = run.state == DONE
    least = Severity.WARNING if worked and run.quality != WELL else Severity.INFO
    severity = max((least, *map(severity_of, notices)), key=lambda s: s.rank)
    if not (notices or worked) or (quiet and severity is Severity.INFO):
        return None
    lines = _told(notices)
    if run.summary and not any(run.summary in line for line in lines):
        lines.append(run.summary)
    if worked:
        said = [f"quality: {run.quality}"] if run.quality != WELL else []
        said += run.warnings
        lines += [words for words in said if not any(words in line for line in lines)]
    return Message(
        severity,
        _title(run, severity),
        _limited(lines, MOST_LINES),
        candidate_table(run.candidates) or order_table(run.orders),
        (*(one_line(name) for name in run.files), health.line),
    )


def gathered(message: Message, earlier: Sequence[Message], dropped: int = 0) -> Message:
    """That message, and below it those that were held back or not delivered before."""
    count = len(earlier) + dropped
    if not count:
        return message
    noun = "message was" if count == 1 else "messages were"
    lines = [*message.lines, f"{count} earlier {noun} held back or not delivered:"]
    for one in earlier:
        lines += [one.title, *(f"  {line}" for line in one.lines)]
    if dropped:
        lines.append(f"{dropped} of them were too many to keep; alerts.jsonl has them")
    severity = max((message.severity, *(m.severity for m in earlier)), key=lambda s: s.rank)
    title = message.title if severity is message.severity else _marked(message.title, severity)
    room = MOST_LINES + len(message.lines)
    return Message(severity, title, _limited(lines, room), message.table, message.foot)


def candidate_table(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The candidates by rank, narrow enough for a phone."""
    cells = [
        (
            str(row.get("rank")),
            str(row.get("symbol")),
            str(row.get("direction")),
            _price(row.get("entry")),
            _price(row.get("stop")),
            str(row.get("strategy")),
        )
        for row in rows[:MOST_ROWS]
    ]
    return _aligned(CANDIDATE_COLUMNS, cells, len(rows))


def order_table(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The entry orders of the session and how they stand."""
    cells = [
        (
            str(row.get("symbol")),
            str(row.get("direction")),
            str(row.get("shares")),
            str(row.get("filled_shares")),
            _price(row.get("filled_avg_price")),
            str(row.get("state")),
        )
        for row in rows[:MOST_ROWS]
    ]
    return _aligned(ORDER_COLUMNS, cells, len(rows))


def one_line(text: str) -> str:
    """The text without control characters, and no longer than a line may be."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return clean if len(clean) <= LONGEST_LINE else f"{clean[: LONGEST_LINE - 4]} ..."


def age(seconds: float) -> str:
    """How old, in the unit that fits."""
    if seconds < HOUR_S:
        return f"{max(seconds, 0) / 60:.0f} min"
    if seconds < 2 * DAY_S:
        return f"{seconds / HOUR_S:.1f} h"
    return f"{seconds / DAY_S:.1f} days"


def _told(notices: Iterable[Notice]) -> list[str]:
    ordered = sorted(notices, key=lambda n: -severity_of(n).rank)
    return [f"{_mark(severity_of(n))}{n.kind}: {n.text}" for n in ordered]


def _title(run: Run, severity: Severity) -> str:
    what = f"avwap {run.account}: {run.stage} {run.session}"
    return _marked(f"{what} {run.state}" if run.state in BAD_ENDS else what, severity)


def _marked(title: str, severity: Severity) -> str:
    plain = title
    for mark in map(_mark, Severity):
        plain = plain.removeprefix(mark) if mark else plain
    return one_line(f"{_mark(severity)}{plain}")[:LONGEST_TITLE]


def _mark(severity: Severity) -> str:
    return {Severity.PAGE: "PAGE ", Severity.WARNING: "warning "}.get(severity, "")


def _limited(lines: Sequence[str], most: int) -> tuple[str, ...]:
    shown = [one_line(line) for line in lines[:most]]
    more = len(lines) - len(shown)
    return (*shown, *((f"... and {more} more",) if more else ()))


def _aligned(columns: Sequence[str], rows: Sequence[Sequence[str]], count: int) -> tuple[str, ...]:
    if not rows:
        return ()
    every = [columns, *(tuple(one_line(cell) for cell in row) for row in rows)]
    widths = [max(len(row[i]) for row in every) for i in range(len(columns))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in every
    ]
    more = count - len(rows)
    return (*lines, *((f"... and {more} more",) if more else ()))


def _price(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "-"
    return f"{value:.2f}" if 0 < value < HIGHEST_PRICE else "-"
