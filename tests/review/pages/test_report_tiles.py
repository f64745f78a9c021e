"""Report tiles: the session in six numbers, worked out by hand."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from made_reports import SESSION, made_report

from avwap_cli.review.pages.report_records import Report
from avwap_cli.review.pages.report_tiles import Tile, kind_of, signed, tile_html, tiles_html

TILE = re.compile(
    r'<div class="tile (\w*)"><span>(.*?)</span><b>(.*?)</b>(?:<small>(.*?)</small>)?'
)
EMPTY = Report(SESSION, entries={}, exits={}, trades=[], equity=[], alerts=[])


def tiles(report: Report) -> dict[str, tuple[str, str, str]]:
    """Label -> number, note and colour."""
    found = TILE.findall(tiles_html(report))
    return {label: (value, note, kind) for kind, label, value, note in found}


def closed(session: str, pnl: float) -> dict[str, object]:
    return {"exit_session": session, "pnl_usd": pnl}


def test_a_day_in_six_numbers() -> None:
    equity = [
        {"session": "2024-03-01", "equity_usd": 100_000, "unit": 1.0, "drawdown_frac": 0.0},
        {"session": "2024-03-04", "equity_usd": 99_000, "unit": 0.99, "drawdown_frac": 0.01},
    ]
    trades = [closed("2024-03-01", 70.0), closed("2024-03-04", -20.5), closed("2024-03-04", 10)]
    assert tiles(replace(made_report(3), equity=equity, trades=trades)) == {
        "equity, USD": ("99,000.00", "\N{MINUS SIGN}1.00% since 2024-03-01, 1.00% below its peak", "less"),
        "closed, USD": ("\N{MINUS SIGN}10.50", "2 round trips", "less"),
        "held": ("1 position", "+33.39 USD so far", ""),
        "entered": ("1", "of 1 order, 0 denied", ""),
        "candidates": ("3", "1 passed the gap filter; TREND up", ""),
        "urgent alerts": ("1", "of 2 messages", "less"),
    }  # fmt: skip


def test_a_day_of_which_nothing_is_known_says_so() -> None:
    assert tiles(EMPTY) == {
        "equity, USD": ("unknown", "at the close of the session", ""),
        "closed, USD": ("+0.00", "0 round trips", ""),
        "held": ("0 positions", "", ""),
        "entered": ("0", "of 0 orders, 0 denied", ""),
        "candidates": ("none", "there is no scan of this session", ""),
        "urgent alerts": ("0", "of 0 messages", ""),
    }


@pytest.mark.parametrize(
    ("last", "value", "note"),
    [
        ({"session": "2024-03-01", "equity_usd": 5.0}, "unknown", "at the close of the session"),
        ({"session": "2024-03-04", "equity_usd": "5"}, "unknown", "at the close of the session"),
        ({"session": "2024-03-04", "equity_usd": 5.0}, "5.00", "the first close that is known"),
    ],
)
def test_a_close_of_another_day_is_not_this_one_s(
    last: dict[str, object], value: str, note: str
) -> None:
    assert tiles(replace(EMPTY, equity=[last]))["equity, USD"][:2] == (value, note)


def test_a_halt_and_a_discrepancy_are_seen() -> None:
    entries = {"halt": "no-entries", "orders": [{"filled_shares": 0}, "odd"]}
    entries["denials"] = [{"symbol": "KO"}]
    found = tiles(replace(EMPTY, entries=entries, discrepancies=["KO: 7 there, 8 here"]))
    assert found["entered"] == ("0", "of 1 order, 1 denied; halt no-entries", "less")
    assert found["urgent alerts"] == ("0", "of 0 messages; 1 discrepancy", "less")


def test_a_tile_escapes_its_texts_and_a_result_has_its_colour() -> None:
    assert tile_html(Tile("<a>", "1 & 2", '"')) == (
        '<div class="tile "><span>&lt;a&gt;</span><b>1 &amp; 2</b><small>&quot;</small></div>'
    )
    assert [kind_of(n) for n in (-0.01, 0.0, 0.01)] == ["less", "", "more"]
    assert signed(-1234.5) == "\N{MINUS SIGN}1,234.50"
