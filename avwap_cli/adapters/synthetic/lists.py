"""Lists: the synthetic market in the file formats of the real downloads, traps included.

The holdings file is built like an iShares download: a byte order mark, a preamble that
dates it, a line with one no-break space, quoted numbers with thousands separators, cash
and futures among the shares, rows without a ticker, one ticker twice, share classes
without their dot, and a footer of many lines.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.adapters.synthetic.holdings_rows import (
    EXTRA_ROWS,
    HEADER,
    NASDAQ,
    NO_MARKET,
    NYSE,
    Row,
    share_row,
)
from avwap_cli.adapters.synthetic.market import SyntheticMarket
from avwap_cli.adapters.synthetic.sectors import SECTORS
from avwap_cli.adapters.synthetic.streams import Floats
from avwap_cli.market.symbols import to_yahoo

INDEX_MEMBERS = 500
STAYS_LISTED_SESSIONS = 40  # lists are that slow to drop a delisted company
REPORTS_AHEAD_DAYS = 75
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
TOWNS = ("Port Fable", "Lower Myth", "Novelton", "Inkwell Springs", "Chapterhouse")
FOOTER = """\
"Every line above is invented. This file has the form of a fund's holdings download so
that programs can be tried without one; its companies, tickers and prices do not exist.
It says “price” and “weight” as such files do, and means nothing by them.

Made from a seed by avwap. Not an offer, not advice, not data."
"""


def write_iwv_csv(market: SyntheticMarket, path: Path, on: date) -> None:
    """The holdings of the Russell 3000 fund as of `on`, as iShares writes them.

    Raises:
        AvwapError: the file cannot be written.
    """
    value = _market_values(market)
    order = [i for i in np.argsort(-value, kind="stable").tolist() if value[i] > 0.0]
    rows = _shares(market, order, value / value.sum())
    for place, extra in EXTRA_ROWS:
        rows.insert(int(place * len(rows)), extra(on))
    lost = rows[order.index(min(order))]
    rows.append(lost.again(f"{lost.name} CVR", NO_MARKET))
    text = "\ufeffiShares Russell 3000 ETF\n"
    text += f'Fund Holdings as of,"{MONTHS[on.month - 1]} {on.day:02d}, {on.year}"\n'
    text += 'Inception Date,"May 22, 2000"\nShares Outstanding,"44,600,000.00"\n'
    text += 'Stock,"-"\nBond,"-"\nCash,"-"\nOther,"-"\n\u00a0\n'
    text += ",".join(HEADER) + "\n"
    text += "".join(_quoted(row.cells()) for row in rows)
    write_if_changed(path, (text + "\u00a0\n" + FOOTER).encode("utf-8"))


def write_sp500_csv(market: SyntheticMarket, path: Path) -> None:
    """The 500 largest companies with their sectors, in the columns of the usual list.

    Raises:
        AvwapError: the file cannot be written.
    """
    who = market.companies
    value = _market_values(market)
    largest = [i for i in np.argsort(-value, kind="stable")[:INDEX_MEMBERS] if value[i] > 0.0]
    rows = [
        (
            who.symbols[i],
            who.names[i],
            SECTORS[who.sector[i]].name,
            SECTORS[who.sector[i]].businesses[i % len(SECTORS[who.sector[i]].businesses)],
            f"{TOWNS[i % len(TOWNS)]}, Nowhere",
            f"{1960 + i % 60}-{1 + i % 12:02d}-{1 + i % 28:02d}",
            str(9_900_000 + int(i)),
            str(1850 + i % 150),
        )
        for i in sorted(largest, key=lambda i: who.names[i])
    ]
    header = (
        "Symbol,Security,GICS Sector,GICS Sub-Industry,Headquarters Location,Date added,CIK,Founded"
    )
    _write(path, header.split(","), rows)


def write_earnings_csv(market: SyntheticMarket, path: Path, known: date) -> None:
    """Report dates that a vendor knows on `known`: the past ones and the next of each company.

    Some companies are missing, some reports have no timing.  Symbols as Yahoo spells them.

    Raises:
        AvwapError: the file cannot be written.
    """
    who, reports = market.companies, market.reports
    until = np.datetime64(known + timedelta(days=REPORTS_AHEAD_DAYS))
    told = who.covered[reports.row] & (reports.day >= market.sessions[0]) & (reports.day <= until)
    rows = []
    for row, day, before in zip(
        reports.row[told].tolist(),
        reports.day[told].tolist(),
        reports.before_open[told].tolist(),
        strict=True,
    ):
        timing = "before_open" if before else "after_close"
        symbol = to_yahoo(who.symbols[row])
        rows.append((symbol, day.isoformat(), timing if who.timing_told[row] else ""))
    _write(path, ("symbol", "date", "timing"), sorted(rows))


def write_splits_csv(market: SyntheticMarket, path: Path) -> None:
    """The vendor's split list: symbol, ex-date, new shares per old.

    Raises:
        AvwapError: the file cannot be written.
    """
    rows = [(to_yahoo(s.symbol), s.ex_date.isoformat(), f"{s.ratio:.10g}") for s in market.splits()]
    _write(path, ("symbol", "date", "stock_splits"), sorted(rows))


def _shares(market: SyntheticMarket, order: Sequence[int], weight: Floats) -> list[Row]:
    """The lines of the companies `order`.  Share classes trade on NYSE, which has suffixes."""
    who, price = market.companies, market.last_close()
    with_class = {symbol.split(".")[0] for symbol in who.symbols if "." in symbol}
    rows = []
    for i in order:
        nyse = i % 2 == 0 or who.symbols[i].split(".")[0] in with_class
        sector = SECTORS[who.sector[i]].name
        exchange = NYSE if nyse else NASDAQ
        rows.append(
            share_row(
                who.symbols[i], who.names[i], sector, exchange, float(price[i]), float(weight[i])
            )
        )
    return rows


def _market_values(market: SyntheticMarket) -> Floats:
    """(N,) USD; 0 for a company that no list names (any more)."""
    who = market.companies
    named = (who.born <= market.last) & (market.last < who.dies + STAYS_LISTED_SESSIONS)
    return np.where(named, np.nan_to_num(market.market_value()), 0.0)


def _quoted(cells: Sequence[str]) -> str:
    return ",".join(f'"{cell}"' for cell in cells) + "\n"


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_if_changed(path, text.getvalue().encode("utf-8"))
