"""Memberships: what merging two lists decides, and that order does not."""

from __future__ import annotations

import random
from datetime import date

import pytest

from avwap_cli.errors import DamagedInput
from avwap_cli.market.memberships import IWV, SP500, ListRow, MemberList, merge

AUGUST, MARCH = date(2024, 8, 1), date(2024, 3, 5)


def iwv(*rows: ListRow, known: date = AUGUST) -> MemberList:
    return MemberList(IWV, rows, known, "a" * 64, {"bad_symbol": 1})


def sp500(*rows: ListRow, known: date = MARCH) -> MemberList:
    return MemberList(SP500, rows, known, "b" * 64, {}, ("one warning",))


ROWS = (
    ListRow("AAPL", "APPLE INC", "Information Technology", value_usd=9.0),
    ListRow("ADRO", "CHINOOK CVR", "Health Care", value_usd=1.0),
    ListRow("ADRO", "CHINOOK", "Energy", value_usd=2.0),
    ListRow("-", "ESCROW", "Unknown", False, "no_ticker"),
    ListRow("-", "ACCRUAL", "Unknown", False, "no_ticker"),
    ListRow("ESU4", "S&P EMINI", "Unknown", False, "futures"),
    ListRow("V", "VISA", "Financials"),
)
INDEX = (
    ListRow("AAPL", "Apple Inc.", "Information Technology"),
    ListRow("PXD", "Pioneer", "Energy"),
    ListRow("V", "Visa Inc.", "Information Technology"),
)


def test_each_symbol_once_sorted_with_its_lists_and_reasons() -> None:
    merged = merge([iwv(*ROWS), sp500(*INDEX)])
    seen = [(m.symbol, m.lists, m.equity, m.note) for m in merged.universe.members]
    assert seen == [
        ("-", ("IWV",), False, "no_ticker"),
        ("AAPL", ("IWV", "SP500"), True, ""),
        ("ADRO", ("IWV",), True, ""),
        ("ESU4", ("IWV",), False, "futures"),
        ("PXD", ("SP500",), True, ""),
        ("V", ("IWV", "SP500"), True, ""),
    ]
    assert merged.dropped == {"bad_symbol": 1, "duplicate": 1, "futures": 1, "no_ticker": 2}
    assert merged.lists == {"IWV": 5, "SP500": 3}
    assert merged.sources == {"IWV": "a" * 64, "SP500": "b" * 64}
    assert merged.warnings == ("one warning",)


def test_the_index_list_names_the_sector_and_the_larger_row_wins() -> None:
    by = {m.symbol: m for m in merge([iwv(*ROWS), sp500(*INDEX)]).universe.members}
    assert by["V"].sector == "Information Technology"
    assert by["ADRO"].name == "CHINOOK"
    assert by["ADRO"].sector == "Energy"
    assert by["V"].in_sp500
    assert not by["ADRO"].in_sp500


def test_a_field_is_as_late_as_the_latest_list_that_decided_it() -> None:
    both = merge([iwv(*ROWS), sp500(*INDEX)]).universe
    assert (both.membership_known, both.sectors_known) == (AUGUST, AUGUST)
    only_cash = ListRow("USD", "CASH", "Unknown", False, "cash")
    index_decides = merge([iwv(ROWS[0], only_cash), sp500(*INDEX)]).universe
    assert (index_decides.membership_known, index_decides.sectors_known) == (AUGUST, MARCH)


def test_order_of_rows_and_lists_does_not_matter() -> None:
    first = merge([iwv(*ROWS), sp500(*INDEX)])
    for seed in range(20):
        rows, index = list(ROWS), list(INDEX)
        random.Random(seed).shuffle(rows)
        random.Random(seed + 99).shuffle(index)
        assert merge([sp500(*index), iwv(*rows)]) == first


def test_lists_without_an_equity_are_refused() -> None:
    with pytest.raises(DamagedInput, match="no equity is named by IWV"):
        merge([iwv(ListRow("USD", "CASH", "Unknown", False, "cash"))])
