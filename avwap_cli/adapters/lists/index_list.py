"""Index list: the S&P 500 with its sectors, from a web page's table or a CSV.

Both have a symbol and a GICS sector per row under column names that vary a little.  On
a page, the first table with such a header is the list; the others (changes, notes) are
not looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html.parser import HTMLParser

from avwap_cli.adapters.lists.list_text import ParsedList, decode, looks_like_html, read_table
from avwap_cli.errors import DamagedInput
from avwap_cli.market.memberships import ListRow
from avwap_cli.market.sectors import reconcile
from avwap_cli.market.symbols import inside

COLUMNS = {
    "Symbol": ("symbol", "ticker", "ticker symbol"),
    "Sector": ("gics sector", "sector"),
    "Name": ("security", "name", "company", ""),
}
FUND_ONLY = "Asset Class"
MAX_CELL = 1000


def parse_index_list(body: bytes, source: str) -> ParsedList:
    """Read a list of index members, as a web page or as CSV.

    Raises:
        DamagedInput: no such list in it, cut in the middle, or without a usable row.
    """
    text = decode(body, source)
    rows, bad, whole = (
        _from_page(text, source) if looks_like_html(text) else _from_csv(text, source)
    )
    dropped = Counter({"bad_row": bad})
    members = []
    for row in rows:
        symbol = inside(row["Symbol"])
        if symbol is None:
            dropped["bad_symbol"] += 1
        else:
            members.append(ListRow(symbol, row.get("Name", ""), reconcile(row["Sector"])))
    if not members:
        raise DamagedInput(f"{source} names no member", "download it again")
    return ParsedList(tuple(members), None, dropped, whole)


def _from_csv(text: str, source: str) -> tuple[Sequence[Mapping[str, str]], int, bool]:
    table = read_table(text, {**COLUMNS, FUND_ONLY: (FUND_ONLY.lower(), "")}, source)
    if any(FUND_ONLY in row for row in table.rows):
        raise DamagedInput(
            f"{source} lists a fund's holdings, not the members of an index",
            "give holdings with --from FILE, and the S&P 500 with --sp500-from FILE",
        )
    if table.cut:
        raise DamagedInput(f"{source} is cut in the middle of a row", "download it again")
    return table.rows, table.bad_rows, True


def _from_page(text: str, source: str) -> tuple[Sequence[Mapping[str, str]], int, bool]:
    tables = _Tables()
    try:
        tables.feed(text)
        tables.close()
    except AssertionError as problem:
        raise DamagedInput(f"{source} is not readable as a web page", "try again") from problem
    for table, closed in tables.found:
        where = _columns(table[0]) if table else {}
        if {"Symbol", "Sector"} <= where.keys():
            width = max(where.values()) + 1
            rows = [row for row in table[1:] if len(row) >= width]
            cells = [{name: row[at] for name, at in where.items()} for row in rows]
            return cells, len(table) - 1 - len(rows), closed
    raise DamagedInput(
        f"{source} has no table with the columns Symbol and GICS Sector",
        "the page may have changed or be a robot page; give a CSV with universe.sp500_file",
    )


def _columns(header: Iterable[str]) -> dict[str, int]:
    cells = [cell.lower() for cell in header]
    return {
        name: next(cells.index(each) for each in spellings if each in cells)
        for name, spellings in COLUMNS.items()
        if any(each in cells for each in spellings)
    }


class _Tables(HTMLParser):
    """Collects the cells of every table; footnote marks (`sup`) are no text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[list[list[str]], bool]] = []
        self._open = False
        self._cell: list[str] | None = None
        self._mute = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        if tag == "table":
            self._end_cell()
            self.found.append(([], False))
            self._open = True
        elif tag == "tr" and self._open:
            self._end_cell()
            self.found[-1][0].append([])
        elif tag in ("td", "th") and self._open:
            self._end_cell()
            self._cell = []
        elif tag in ("sup", "style", "script"):
            self._mute += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table" and self._open:
            self._end_cell()
            self.found[-1] = (self.found[-1][0], True)
            self._open = False
        elif tag in ("sup", "style", "script"):
            self._mute = max(0, self._mute - 1)

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._mute:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        rows = self.found[-1][0]
        if not rows:
            rows.append([])
        rows[-1].append(" ".join("".join(self._cell).split())[:MAX_CELL])
        self._cell = None
