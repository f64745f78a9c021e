"""iShares holdings: the fund's own list of what it holds, as members of the universe.

The file is made for spreadsheets.  It may begin with a preamble that dates it, ends with
an empty line and a footer of many lines, quotes numbers with thousands separators, and
holds cash, futures, escrows and unlisted rights beside shares.  The link to it on the
fund's page changes; its form (`...ajax?fileType=csv...dataType=fund`) does not.
"""

from __future__ import annotations

import csv
import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import urljoin

from avwap_cli.adapters.lists.list_text import ParsedList, decode, looks_like_html, read_table
from avwap_cli.errors import DamagedInput, SourceError
from avwap_cli.market.memberships import NO_TICKER_NOTE, ListRow
from avwap_cli.market.sectors import reconcile
from avwap_cli.market.symbols import NO_TICKER, from_ishares
from avwap_cli.market.universe import UNKNOWN_SECTOR

COLUMNS = {
    "Ticker": ("ticker",),
    "Name": ("name",),
    "Sector": ("sector",),
    "Asset Class": ("asset class",),
    "Market Value": ("market value", ""),
    "Exchange": ("exchange", ""),
}
EQUITY = "equity"
AS_OF = "fund holdings as of"

_LINK = re.compile(r"""["'(\s]([^"'()\s<>]*\.ajax\?[^"'()\s<>]*fileType=csv[^"'()\s<>]*)""", re.I)
_ROBOT = re.compile(r"captcha|robot|access denied|unusual traffic|are you a human|consent", re.I)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SLUG = re.compile(r"[^a-z]+")


def parse_holdings(body: bytes, source: str) -> ParsedList:
    """Read a holdings file.

    Raises:
        DamagedInput: not a holdings list, cut in the middle of a row, or without a row.
    """
    text = decode(body, source)
    if looks_like_html(text):
        raise _a_web_page(text, source)
    table = read_table(text, COLUMNS, source)
    if table.cut:
        raise DamagedInput(f"{source} is cut in the middle of a row", "download it again")
    if not table.rows:
        raise DamagedInput(f"{source} has a header and no rows", "download it again")
    names = {row["Ticker"]: row["Name"] for row in table.rows}
    dropped = Counter({"bad_row": table.bad_rows})
    rows = []
    for cells in table.rows:
        row = _row(cells, names)
        if row is None:
            dropped["bad_symbol"] += 1
        else:
            rows.append(row)
    return ParsedList(tuple(rows), _stated_date(table.preamble), dropped, table.ended)


def find_link(page: bytes, url: str) -> str:
    """The address of the holdings CSV on the fund's page.

    Raises:
        SourceError: the page has no such link, or is not the fund's page at all.
    """
    text = html.unescape(page.decode("utf-8", errors="replace"))
    text = text.replace("\\u0026", "&").replace("\\/", "/")
    links = [found[1] for found in _LINK.finditer(text)]
    best = [each for each in links if "holdings" in each.lower()] or links
    if best:
        return str(urljoin(url, best[0]))
    if _ROBOT.search(text):
        raise SourceError(
            f"{url} answered with a robot or consent page in place of the fund's page",
            "download the holdings in a browser and give them with --from FILE",
        )
    raise SourceError(
        f"{url} has no link to a holdings CSV",
        "the page may have changed; give a downloaded file with --from FILE",
    )


def _row(cells: Mapping[str, str], names: Mapping[str, str]) -> ListRow | None:
    ticker, asset = cells["Ticker"], cells["Asset Class"]
    value = _amount(cells.get("Market Value", ""))
    if not ticker or not ticker.strip("-"):
        return ListRow(NO_TICKER, cells["Name"], UNKNOWN_SECTOR, False, NO_TICKER_NOTE, value)
    symbol = from_ishares(ticker, cells["Name"], cells.get("Exchange", ""), names)
    if symbol is None:
        return None
    equity = asset.lower() == EQUITY
    note = "" if equity else _SLUG.sub("_", asset.lower()).strip("_") or "no_asset_class"
    sector = reconcile(cells["Sector"]) if equity else UNKNOWN_SECTOR
    return ListRow(symbol, cells["Name"], sector, equity, note, value)


def _amount(text: str) -> float:
    """A number with thousands separators; 0 where there is none."""
    plain = text.replace(",", "")
    return float(plain) if re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", plain, re.ASCII) else 0.0


def _stated_date(preamble: Sequence[str]) -> date | None:
    """`Fund Holdings as of,"May 21, 2025"`."""
    for line in preamble:
        if not line.lower().startswith(AS_OF):
            continue
        try:
            cells = next(csv.reader([line], strict=True))
            return _month_day_year(cells[1].strip())
        except (csv.Error, ValueError, IndexError):
            return None
    return None


def _month_day_year(text: str) -> date:
    """`May 21, 2025`, whatever the locale."""
    month, day, year = text.replace(",", " ").split()
    number = _MONTHS.index(month[:3].lower()) + 1
    return date(int(year), number, int(day))


def _a_web_page(text: str, source: str) -> DamagedInput:
    what = "a robot or consent page" if _ROBOT.search(text) else "a web page"
    return DamagedInput(
        f"{source} is {what}, not a holdings list",
        "download the holdings in a browser and give them with --from FILE",
    )
