"""List text: the rows of a CSV that people and vendors hand around.

Such files come with or without a byte order mark, a preamble above the header and a
footer below the table.  The header is the first line that has the columns asked for,
whatever their order; the table ends with an empty line (iShares puts one no-break space
on it) or with the file.  Rows never span lines, so each line is read on its own and a
damaged one costs only itself.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from avwap_cli.errors import DamagedInput
from avwap_cli.market.memberships import ListRow

MAX_BYTES = 50 * 1024 * 1024
HEADER_WITHIN_LINES = 100
MAX_CELL = 1000

_LINE = re.compile(r"\r\n|\n|\r")
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class ListText:
    """A table found in a text.

    Attributes:
        preamble: the lines above the header.
        rows: one mapping per row, from the name asked for to the cell, stripped.
        bad_rows: lines within the table that are no row of it.
        ended: whether an empty line closed the table.
        cut: whether the text stops in the middle of a row.
    """

    preamble: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    bad_rows: int
    ended: bool
    cut: bool


@dataclass(frozen=True, slots=True)
class ParsedList:
    """A list as read from its bytes.

    Attributes:
        rows: every row that names something.
        known: the date that the text itself states; None where it states none.
        dropped: rows that could not be used, by reason.
        whole: whether the text shows its own end, which a cut one does not.
    """

    rows: tuple[ListRow, ...]
    known: date | None
    dropped: Mapping[str, int]
    whole: bool


def decode(body: bytes, source: str) -> str:
    """The text of a file: UTF-8, or UTF-16 where a mark says so.

    Bytes that are no UTF-8 become U+FFFD: a ticker with one is no symbol and is
    counted, a name or footer with one does no harm.

    Raises:
        DamagedInput: empty, larger than 50 MB, or a web page.
    """
    if len(body) > MAX_BYTES:
        raise DamagedInput(
            f"{source} is larger than {MAX_BYTES >> 20} MB", "a list has less than 1 MB"
        )
    encoding = next((name for mark, name in _MARKS if body.startswith(mark)), "utf-8-sig")
    text = body.decode(encoding, errors="replace")
    if not text.strip():
        raise DamagedInput(f"{source} is empty", "download it again")
    return text


def looks_like_html(text: str) -> bool:
    """Whether this is a web page and no table."""
    start = text[:2000].lstrip().lower()
    return start.startswith("<") or "<html" in start


def read_table(text: str, columns: Mapping[str, Sequence[str]], source: str) -> ListText:
    """Find the table that has these columns.

    Args:
        text: the whole file.
        columns: name -> spellings of its header, lower case; one that is needed has no
            empty spelling, an optional one ends with "".
        source: what to call the file in an error.

    Raises:
        DamagedInput: no line is a header with the columns needed.
    """
    lines = _LINE.split(text)
    place, where, width = _header(lines, columns, source)
    rows: list[Mapping[str, str]] = []
    bad = 0
    ended = cut = False
    last = len(lines) - 1
    for number in range(place + 1, len(lines)):
        line = lines[number]
        if not line.strip():
            ended = ended or (bool(rows) and (number < last or line != ""))
            continue
        cells = _cells(line)
        if len(cells) == width:
            rows.append({name: cells[at] for name, at in where.items()})
        elif not ended:
            bad += 1
            cut = number == last
    return ListText(tuple(lines[:place]), tuple(rows), bad, ended, cut)


def _header(
    lines: Sequence[str], columns: Mapping[str, Sequence[str]], source: str
) -> tuple[int, dict[str, int], int]:
    """Line number of the header, where each column is, and the width of a row."""
    best: list[str] = list(columns)
    for number, line in enumerate(lines[:HEADER_WITHIN_LINES]):
        cells = [cell.lower() for cell in _cells(line)]
        where = {
            name: min(cells.index(each) for each in spellings if each and each in cells)
            for name, spellings in columns.items()
            if any(each and each in cells for each in spellings)
        }
        missing = [name for name in columns if name not in where and "" not in columns[name]]
        if not missing:
            return number, where, len(cells)
        best = min(best, missing, key=len)
    raise DamagedInput(
        f"{source} is not such a list: no header line has {', '.join(best)}",
        "download it again, or give the right file",
    )


def _cells(line: str) -> list[str]:
    """The cells of one line, stripped; none where it is no CSV or a cell is far too long."""
    try:
        cells = [cell.strip() for cell in next(csv.reader((line,), strict=True), [])]
    except csv.Error:
        return []
    if len(line) > MAX_CELL and any(len(cell) > MAX_CELL for cell in cells):
        return []
    return cells
