"""iShares holdings: the real files, and what a spreadsheet or a bad line does to one."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from avwap_cli.adapters.lists.index_list import parse_index_list
from avwap_cli.adapters.lists.ishares_holdings import find_link, parse_holdings
from avwap_cli.adapters.lists.known_dates import known_of_file
from avwap_cli.errors import DamagedInput, SourceError
from avwap_cli.market.memberships import IWV, SP500, MemberList, Memberships, merge

HEADER = "Ticker,Name,Sector,Asset Class,Market Value,Exchange\n"
NYSE = "New York Stock Exchange Inc."
APPLE = '"AAPL","APPLE INC","Information Technology","Equity","1,234.50","NASDAQ"\n'
END = "\u00a0\n"

# File, rows with a name, equities among them, symbols after merging duplicates.
FILES = [
    ("iwv_2021-01-29_bom_nopreamble_nofooter.csv", date(2021, 1, 29), 2858, 2851, 1),
    ("iwv_2024-08_bom_nopreamble_footer.csv", date(2024, 8, 1), 2677, 2667, 0),
    ("iwv_2025-05-21_raw_bom_preamble_nbsp.csv", date(2025, 5, 21), 2658, 2648, 0),
]


@pytest.mark.real
@pytest.mark.parametrize(("name", "known", "rows", "equities", "bad_symbols"), FILES)
def test_real_files(
    real_data: Path, name: str, known: date, rows: int, equities: int, bad_symbols: int
) -> None:
    path = real_data / "holdings" / name
    parsed = parse_holdings(path.read_bytes(), name)
    assert len(parsed.rows) == rows
    assert sum(row.equity for row in parsed.rows) == equities
    assert {k: n for k, n in parsed.dropped.items() if n} == (
        {"bad_symbol": bad_symbols} if bad_symbols else {}
    )
    assert parsed.whole
    assert (parsed.known or known_of_file(path)) == known
    notes = Counter(row.note for row in parsed.rows if not row.equity)
    assert notes == {
        "no_ticker": 2 if known.year == 2021 else 5,
        "futures": 2,
        "cash": 1,
        "money_market": 1,
        "cash_collateral_and_margins": 1,
    }
    by = {row.symbol: row for row in parsed.rows}
    assert {"BRK.B", "BF.A", "BF.B", "HEI.A", "LEN.B", "MOG.A", "GEF.B"} <= by.keys()
    assert by["BRK.B"].sector == "Financials"
    assert by["GOOGL"].sector == "Communication Services"
    assert by["XTSLA"].note == "money_market"
    assert by["AAPL"].value_usd > 1e8
    assert not {"Unknown"} & {row.sector for row in parsed.rows if row.equity}


def answer_lists(real_data: Path) -> Memberships:
    """The two lists that the worked answers use."""
    lists = []
    for name, folder, file, parse in (
        (IWV, "holdings", "iwv_2024-08_bom_nopreamble_footer.csv", parse_holdings),
        (SP500, "constituents", "sp500_2024-03-05.csv", parse_index_list),
    ):
        path = real_data / folder / file
        parsed = parse(path.read_bytes(), file)
        lists.append(MemberList(name, parsed.rows, known_of_file(path), "0" * 64, parsed.dropped))
    return merge(lists)


@pytest.mark.real
def test_the_merged_lists_are_those_of_the_worked_answers(real_data: Path) -> None:
    """Equal for all 2,678 rows; nine class shares have their dot here and not there."""
    spelled = {"BFA": "BF.A", "CWENA": "CWEN.A", "GEFB": "GEF.B", "HEIA": "HEI.A", "LENB": "LEN.B",
               "LGFA": "LGF.A", "LGFB": "LGF.B", "MOGA": "MOG.A", "UHALB": "UHAL.B"}  # fmt: skip
    answers = real_data / "answers" / "2024-03-07" / "features.csv.gz"
    with gzip.open(answers, "rt", encoding="utf-8", newline="") as file:
        expected = {
            spelled.get(row["symbol"], row["symbol"]): (
                row["sector"],
                row["sp500"] == "True",
                row["fail.not_equity"] == "False",
            )
            for row in csv.DictReader(file)
            if row["fail.not_a_member"] == "False"
        }
    merged = answer_lists(real_data)
    members = merged.universe.members
    assert {m.symbol: (m.sector, m.in_sp500, m.equity) for m in members} == expected
    assert (len(members), sum(m.equity for m in members)) == (2678, 2672)
    assert merged.dropped == {
        "cash": 1, "cash_collateral_and_margins": 1, "duplicate": 1, "futures": 2,
        "money_market": 1, "no_ticker": 5,
    }  # fmt: skip
    assert merged.known == {"IWV": date(2024, 8, 1), "SP500": date(2024, 3, 5)}


def parse(text: str) -> list[tuple[str, str, bool, str]]:
    rows = parse_holdings(text.encode(), "test.csv").rows
    return [(row.symbol, row.sector, row.equity, row.note) for row in rows]


def test_preamble_order_of_columns_and_footer_do_not_matter() -> None:
    plain = parse(HEADER + APPLE + END)
    dressed = (
        "\ufeffiShares Russell 3000 ETF\r\n"
        'Fund Holdings as of,"May 21, 2025"\r\n'
        "\u00a0\r\n"
        "Asset Class,Quantity,Ticker,Sector,Name\r\n"
        '"Equity","1,000.00","AAPL","Information Technology","APPLE INC"\r\n'
        "\u00a0\r\n"
        '"The content contained herein\r\nis owned, or not\r\nby anyone."\r\n'
    )
    assert parse(dressed) == plain == [("AAPL", "Information Technology", True, "")]
    assert parse_holdings(dressed.encode("utf-16"), "x").known == date(2025, 5, 21)


def test_hostile_rows_are_counted_and_the_others_stay() -> None:
    text = (
        HEADER
        + APPLE
        + '"=cmd|\'/c calc\'!A1","EVIL","Energy","Equity","1","NASDAQ"\n'
        + '"../../etc/passwd","EVIL","Energy","Equity","1","NASDAQ"\n'
        + '"A\x00B","EVIL","Energy","Equity","1","NASDAQ"\n'
        + '"MSFT","MICRO' + "x" * 5000 + '","Energy","Equity","1","NASDAQ"\n'
        + '"MSFT","one cell too few","Energy","Equity","1"\n'
        + '"NVDA","open quote,"Energy","Equity","1","NASDAQ"\n'
        + '"IBM","IBM","Technology","Equity","not a number","' + NYSE + '"\n'
        + END
    )  # fmt: skip
    parsed = parse_holdings(text.encode(), "test.csv")
    assert [row.symbol for row in parsed.rows] == ["AAPL", "IBM"]
    assert parsed.dropped == {"bad_symbol": 3, "bad_row": 3}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n\n", "is empty"),
        (b"<!DOCTYPE html><html>Please solve the captcha", "robot or consent page"),
        (b"\r\n<html><body>hello", "a web page, not a holdings list"),
        (b"PK\x03\x04 a zip", "no header line has"),
        (b"Ticker,Name,Asset Class\nA,B,Equity\n", "no header line has Sector"),
        (HEADER.encode(), "no rows"),
        ((HEADER + APPLE + APPLE[:20]).encode(), "cut in the middle of a row"),
        (b"x" * (50 * 1024 * 1024 + 1), "larger than 50 MB"),
    ],
)
def test_what_is_no_holdings_list_is_named(body: bytes, says: str) -> None:
    with pytest.raises(DamagedInput, match=says):
        parse_holdings(body, "test.csv")


def test_a_list_that_stops_between_rows_does_not_show_its_end() -> None:
    assert not parse_holdings((HEADER + APPLE).encode(), "x").whole
    assert parse_holdings((HEADER + APPLE + END).encode(), "x").whole


@pytest.mark.parametrize(
    "page",
    [
        '<a href="/us/1.ajax?fileType=csv&amp;fileName=IWV_holdings&amp;dataType=fund">x</a>',
        "<a href='/us/1.ajax?fileType=csv&fileName=IWV_holdings&dataType=fund'>x</a>",
        '{"u": "\\/us\\/1.ajax?fileType=csv\\u0026fileName=IWV_holdings\\u0026dataType=fund"}',
        '<a href="/us/0.ajax?fileType=csv&fileName=IWV_fees"></a>'
        '<a href="/us/1.ajax?fileType=csv&fileName=IWV_holdings&dataType=fund">x</a>',
    ],
)
def test_the_link_is_found_however_it_is_written(page: str) -> None:
    found = find_link(page.encode(), "https://example.test/us/products/239714/x")
    assert found == (
        "https://example.test/us/1.ajax?fileType=csv&fileName=IWV_holdings&dataType=fund"
    )


def test_a_page_without_a_link_says_what_it_is() -> None:
    with pytest.raises(SourceError, match="no link to a holdings CSV"):
        find_link(b"<html>new design</html>", "http://x/")
    with pytest.raises(SourceError, match="robot or consent page"):
        find_link(b"<html>Are you a robot?</html>", "http://x/")
