"""Index list: the S&P 500 as CSV of three dates, and as the table of a web page."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from avwap_cli.adapters.lists.index_list import parse_index_list
from avwap_cli.errors import DamagedInput
from avwap_cli.market.sectors import SECTORS


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "members"),
    [("sp500_2021-05-20.csv", 505), ("sp500_2024-03-05.csv", 503), ("sp500_2026-08.csv", 503)],
)
def test_real_files(real_data: Path, name: str, members: int) -> None:
    parsed = parse_index_list((real_data / "constituents" / name).read_bytes(), name)
    assert len({row.symbol for row in parsed.rows}) == members
    assert {row.sector for row in parsed.rows} == set(SECTORS)
    assert {"BRK.B", "BF.B"} <= {row.symbol for row in parsed.rows}
    assert not sum(parsed.dropped.values())


def page(rows: list[tuple[str, str, str]]) -> str:
    body = "".join(
        f'<tr><td><a href="x">{html.escape(s)}</a><sup>[1]</sup></td>'
        f"<td>{html.escape(n)}\n<td>{html.escape(g)}</td><td>Sub</td></tr>\n"
        for s, n, g in rows
    )
    return (
        "<!DOCTYPE html><html><head><style>td {x}</style></head><body>"
        "<table><tr><td>a box</td></tr></table>"
        "<table id=constituents><tbody><tr><th>Symbol</th><th>Security</th>"
        f"<th>GICS<br> Sector</th><th>GICS Sub-Industry</th></tr>{body}</tbody></table>"
        "<table><tr><th>Date</th><th>Added</th></tr></table></body></html>"
    )


ROWS = [
    ("MMM", "3M", "Industrials"),
    ("BRK.B", "Berkshire & Hathaway", "Financials"),
    ("=X()", "Evil", "Energy"),
]


def test_the_table_of_a_page() -> None:
    text = page(ROWS).replace("GICS<br> Sector", "GICS Sector")
    parsed = parse_index_list(text.encode(), "page")
    assert [(r.symbol, r.name, r.sector) for r in parsed.rows] == [
        ("MMM", "3M", "Industrials"),
        ("BRK.B", "Berkshire & Hathaway", "Financials"),
    ]
    assert parsed.dropped == {"bad_row": 0, "bad_symbol": 1}
    assert parsed.whole


def test_a_page_cut_within_the_table_does_not_show_its_end() -> None:
    text = page(ROWS).replace("GICS<br> Sector", "GICS Sector")
    cut = text[: text.index("Evil")]
    parsed = parse_index_list(cut.encode(), "page")
    assert len(parsed.rows) == 2
    assert not parsed.whole


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "is empty"),
        (b"<html>robots</html>", "no table with the columns"),
        (b"<html><![x[ <table>", "no table|not readable"),
        (b"Name,Sector\nA,B\n", "no header line has Symbol"),
        (b"Symbol,Sector\n", "names no member"),
        (b"Symbol,Sector\n../x,Energy\n", "names no member"),
        (b"Symbol,Name,Sector\nA,B,Energy\nB,C", "cut in the middle of a row"),
    ],
)
def test_what_is_no_list_is_named(body: bytes, says: str) -> None:
    with pytest.raises(DamagedInput, match=says):
        parse_index_list(body, "test")
