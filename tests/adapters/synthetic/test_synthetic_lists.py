"""The synthetic lists have the form, and the traps, of the real downloads."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from avwap_cli.adapters.earnings.earnings_files import FileEarnings
from avwap_cli.adapters.lists.index_list import parse_index_list
from avwap_cli.adapters.lists.ishares_holdings import parse_holdings
from avwap_cli.adapters.synthetic import ORIGIN, SyntheticMarket, prepare_home
from avwap_cli.adapters.synthetic.sectors import SECTORS
from avwap_cli.market.sessions import sessions_between

LAST = date(2024, 3, 7)
SESSIONS = np.array(sessions_between(ORIGIN, LAST), dtype="datetime64[D]")
FILES = ("earnings.csv", "iwv.csv", "sp500.csv", "splits.csv")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SyntheticMarket]:
    folder = tmp_path_factory.mktemp("home")
    market = prepare_home(folder, 2, LAST, SESSIONS)
    return folder / "cache" / "inbox", market


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def holdings(path: Path) -> list[dict[str, str]]:
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    begin = next(i for i, line in enumerate(lines) if line.startswith("Ticker,"))
    end = next(i for i in range(begin, len(lines)) if lines[i] == "\u00a0")
    return list(csv.DictReader(lines[begin:end]))


def test_the_holdings_file_is_framed_like_a_real_one(home: tuple[Path, SyntheticMarket]) -> None:
    body = (home[0] / "iwv.csv").read_bytes()
    assert body.startswith(b"\xef\xbb\xbfiShares Russell 3000 ETF\n")
    lines = body.decode("utf-8-sig").split("\n")
    assert lines[1] == 'Fund Holdings as of,"Mar 07, 2024"'
    assert lines[8] == "\u00a0"
    assert lines[9].startswith("Ticker,Name,Sector,Asset Class,Market Value,Weight (%),")
    blank = lines.index("\u00a0", 10)
    footer = "\n".join(lines[blank + 1 :])
    assert footer.count("\n") >= 4
    assert footer.startswith('"Every line above is invented.')
    assert footer.endswith('"\n')


def test_the_holdings_have_the_traps_of_real_ones(home: tuple[Path, SyntheticMarket]) -> None:
    found = holdings(home[0] / "iwv.csv")
    assert 2600 <= len(found) <= 2700
    classes = Counter(row["Asset Class"] for row in found)
    assert classes.pop("Equity") > 2550
    assert classes == {
        "Money Market": 1, "Cash": 1, "Cash Collateral and Margins": 1, "Futures": 1,
    }  # fmt: skip
    tickers = Counter(row["Ticker"] for row in found)
    assert tickers.pop("-") == 2
    assert sum(count == 2 for count in tickers.values()) == 1
    sectors = {row["Sector"] for row in found}
    assert "Communication" in sectors
    assert "Communication Services" not in sectors
    assert not any("." in ticker for ticker in tickers)
    assert "," in found[0]["Market Value"]
    weights = sum(float(row["Weight (%)"]) for row in found)
    assert weights == pytest.approx(100.0, abs=7.0)
    biggest = float(found[0]["Market Value"].replace(",", ""))
    product = float(found[0]["Quantity"].replace(",", "")) * float(
        found[0]["Price"].replace(",", "")
    )
    assert biggest == pytest.approx(product, rel=1e-6)


def test_the_parsers_of_real_files_read_the_lists(home: tuple[Path, SyntheticMarket]) -> None:
    inbox, market = home
    parsed = parse_holdings((inbox / "iwv.csv").read_bytes(), "iwv.csv")
    listed = {row.symbol for row in parsed.rows if row.equity}
    dotted = {s for s in market.companies.symbols if "." in s}
    assert len(dotted) == 4
    assert dotted <= listed
    alive = {
        symbol
        for symbol, here in zip(
            market.companies.symbols, market.companies.alive(market.last), strict=True
        )
        if here
    }
    assert alive <= listed
    without_bars = listed - set(market.symbols)
    assert {"Z5N994", "QXVBW"} <= without_bars
    gone = listed - alive - without_bars
    assert 3 <= len(gone) <= 60
    index = parse_index_list((inbox / "sp500.csv").read_bytes(), "sp500.csv")
    members = {row.symbol for row in index.rows}
    assert len(members) == 500
    assert members <= listed
    assert {row.sector for row in index.rows} == {sector.name for sector in SECTORS}


def test_the_index_members_are_the_largest(home: tuple[Path, SyntheticMarket]) -> None:
    inbox, _ = home
    order = [row["Ticker"] for row in holdings(inbox / "iwv.csv") if row["Asset Class"] == "Equity"]
    members = {row["Symbol"].replace(".", "") for row in rows(inbox / "sp500.csv")}
    assert set(order[:490]) <= members
    assert list(rows(inbox / "sp500.csv")[0]) == [
        "Symbol", "Security", "GICS Sector", "GICS Sub-Industry", "Headquarters Location",
        "Date added", "CIK", "Founded",
    ]  # fmt: skip


def test_the_earnings_file_knows_most_and_not_all(home: tuple[Path, SyntheticMarket]) -> None:
    inbox, market = home
    found = rows(inbox / "earnings.csv")
    assert set(Counter(row["timing"] for row in found)) == {"before_open", "after_close", ""}
    days = [date.fromisoformat(row["date"]) for row in found]
    assert max(days) > LAST
    assert (max(days) - LAST).days <= 75
    weekend = sum(day.isoweekday() > 5 for day in days)
    assert 1 <= weekend <= 0.01 * len(days)
    members = [row["Symbol"] for row in rows(inbox / "sp500.csv")]
    known = FileEarnings(inbox / "earnings.csv").dates(members)
    assert 0.85 <= len(known.symbols) / len(members) < 1.0
    every = FileEarnings(inbox / "earnings.csv").dates(market.companies.symbols)
    assert 0.75 <= len(every.symbols) / market.companies.alive(market.last).sum() <= 1.05
    assert every.known == LAST


def test_the_split_list_is_the_markets(home: tuple[Path, SyntheticMarket]) -> None:
    inbox, market = home
    found = rows(inbox / "splits.csv")
    assert len(found) == len(market.splits()) >= 40
    assert all(date.fromisoformat(row["date"]) <= LAST for row in found)
    ratios = {float(row["stock_splits"]) for row in found}
    assert max(ratios) >= 4
    assert min(ratios) <= 0.2


def test_preparing_twice_leaves_the_files_as_they_are(
    home: tuple[Path, SyntheticMarket],
) -> None:
    inbox, _ = home
    assert sorted(path.name for path in inbox.iterdir()) == sorted(FILES)
    before = {name: ((inbox / name).read_bytes(), (inbox / name).stat().st_ino) for name in FILES}
    prepare_home(inbox.parents[1], 2, LAST, SESSIONS)
    after = {name: ((inbox / name).read_bytes(), (inbox / name).stat().st_ino) for name in FILES}
    assert before == after


def test_the_files_are_dated_to_the_evening_of_the_session(
    home: tuple[Path, SyntheticMarket],
) -> None:
    for name in FILES:
        moment = datetime.fromtimestamp(
            (home[0] / name).stat().st_mtime, ZoneInfo("America/New_York")
        )
        assert moment.isoformat() == "2024-03-07T18:00:00-05:00"
