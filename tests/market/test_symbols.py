"""Symbols: one inside form, and every vendor's spelling leads to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.market.symbols import from_ishares, inside, is_symbol, to_yahoo

NYSE = "New York Stock Exchange Inc."


@pytest.mark.parametrize("spelled", ["BRK.B", "BRK-B", "BRK/B", "BRK B", " brk.b "])
def test_every_spelling_of_a_class_share_leads_inside(spelled: str) -> None:
    assert inside(spelled) == "BRK.B"


@pytest.mark.parametrize(
    "hostile",
    ["", "-", "../etc/passwd", "=cmd|'/c calc'!A1", "A\x00B", "ABCDEFGHI", "\u1e9e", "\uff21", "1A", "A.B.C",
     "A..B", "C:\\X", "GORO_X", "A\nB"],
)  # fmt: skip
def test_what_is_no_symbol_is_refused(hostile: str) -> None:
    assert inside(hostile) is None
    assert not is_symbol(hostile)


@given(st.text(max_size=12))
def test_whatever_comes_in_only_symbols_come_out(text: str) -> None:
    found = inside(text)
    assert found is None or (is_symbol(found) and not set(found) & set("/\\=+-@ \n\x00"))


@given(st.from_regex(r"[A-Z]{1,5}(\.[A-Z])?", fullmatch=True))
def test_yahoo_and_back(symbol: str) -> None:
    assert inside(to_yahoo(symbol)) == symbol
    assert "." not in to_yahoo(symbol)


@pytest.mark.parametrize(
    ("ticker", "name", "exchange", "symbol"),
    [
        ("BRKB", "BERKSHIRE HATHAWAY INC CLASS B", NYSE, "BRK.B"),
        ("BFA", "BROWN FORMAN CORP CLASS A", NYSE, "BF.A"),
        ("BFB", "BROWN FORMAN CORP CLASS B", "", "BF.B"),
        ("LENB", "LENNAR CORP CLASS B", NYSE, "LEN.B"),
        ("HEIA", "HEICO CORP CLASS A", NYSE, "HEI.A"),
        ("MOGA", "MOOG INC CLASS A", NYSE, "MOG.A"),
        ("GEFB", "GREIF INC CLASS B", NYSE, "GEF.B"),
        ("CRDA", "CRAWFORD CLASS A", NYSE, "CRD.A"),
        ("UHALB", "U HAUL NON VOTING SERIES N", NYSE, "UHAL.B"),
        ("LGFA", "LIONS GATE ENTERTAINMENT VOTING CO", NYSE, "LGF.A"),
        # Whole symbols that end in the letter of their class.
        ("RUSHA", "RUSH ENTERPRISES INC CLASS A", "NASDAQ", "RUSHA"),
        ("GOOGL", "ALPHABET INC CLASS A", "NASDAQ", "GOOGL"),
        ("MA", "MASTERCARD INC CLASS A", NYSE, "MA"),
        ("CVNA", "CARVANA CLASS A", NYSE, "CVNA"),
        ("UAA", "UNDER ARMOUR INC CLASS A", NYSE, "UAA"),
        ("INFA", "INFORMATICA INC CLASS A", NYSE, "INFA"),
        ("HUBB", "HUBBELL INC", NYSE, "HUBB"),
    ],
)
def test_ishares_tickers(ticker: str, name: str, exchange: str, symbol: str) -> None:
    names = {"UA": "UNDER ARMOUR INC CLASS C", "M": "MACYS INC", "INF": "INFOSYS"}
    assert from_ishares(ticker, name, exchange, names) == symbol


def test_a_class_share_that_no_table_names_is_told_by_its_root() -> None:
    names = {"NEWC": "NEWCO INC CLASS A", "NEWCB": "NEWCO INC CLASS B"}
    assert from_ishares("NEWCB", names["NEWCB"], NYSE, names) == "NEWC.B"
    assert from_ishares("NEWCB", names["NEWCB"], "NASDAQ", names) == "NEWCB"
    assert from_ishares("NEWCB", names["NEWCB"], NYSE, {"NEWC": "OTHER INC"}) == "NEWCB"
    assert from_ishares("NEWCB", "NEWCO INC", NYSE, names) == "NEWCB"
