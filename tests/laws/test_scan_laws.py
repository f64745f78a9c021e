"""Laws of the scan: no look-ahead, order-free, vintage-free, the same bytes again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from avwap_cli.adapters.synthetic import ORIGIN, SyntheticMarket
from avwap_cli.adapters.synthetic.sectors import SECTORS
from avwap_cli.market import sessions
from avwap_cli.market.bars import VALUE_COLUMNS, BarTable, bar_table
from avwap_cli.market.earnings import EarningsDates, earnings_dates
from avwap_cli.market.panel import build_panel
from avwap_cli.market.universe import Member, Universe
from avwap_cli.review.explanations import explain
from avwap_cli.review.findings import Circumstances, scan_body, signal_columns
from avwap_cli.review.quality import judge
from avwap_cli.signals.columns import Columns
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.scans import ScanInputs, scan
from avwap_cli.signals.strategies import STRATEGIES

LAST = date(2026, 11, 20)
CALENDAR = np.array(sessions.sessions_between(ORIGIN, date(2027, 6, 1)), dtype="datetime64[D]")
NAMES = 400


@pytest.fixture(scope="module")
def market() -> SyntheticMarket:
    return SyntheticMarket.build(7, LAST, CALENDAR, names=NAMES)


@pytest.fixture(scope="module")
def table(market: SyntheticMarket) -> BarTable:
    return market.adjusted_bars()


@pytest.fixture(scope="module")
def universe(market: SyntheticMarket, table: BarTable) -> Universe:
    """The companies that traded lately; some of them stopped a few sessions ago."""
    recent = table.session >= np.datetime64(sessions.offset(LAST, -50))
    alive = {table.symbols[code] for code in np.unique(table.symbol[recent])}
    who = market.companies
    members = [
        Member(symbol, "", SECTORS[sector].name, ("IWV", "SP500"), equity=True)
        for symbol, sector in sorted(zip(who.symbols, who.sector, strict=True))
        if symbol in alive
    ]
    return Universe(tuple(members), LAST, LAST)


@pytest.fixture(scope="module")
def earnings(market: SyntheticMarket) -> EarningsDates:
    rng = np.random.default_rng(1)
    symbols = np.repeat(np.array(market.companies.symbols), 4)
    days = np.datetime64(LAST) + rng.integers(-80, 90, len(symbols))
    return earnings_dates(symbols, days, LAST)


def written(
    table: BarTable,
    universe: Universe,
    earnings: EarningsDates,
    rules: ScanRules,
    as_of: date = LAST,
) -> dict[str, Any]:
    """Everything a scan writes, as one comparable document."""
    window = np.array(sessions.last_sessions(as_of, 504), dtype="datetime64[D]")
    panel = build_panel(table.including([m.symbol for m in universe.members]), window)
    found = scan(
        ScanInputs(panel, universe, earnings, CALENDAR[window[0] <= CALENDAR], "daily"), rules
    )
    about = Circumstances(
        as_of, sessions.next_session(as_of), (), judge(found, "sip", rules), {}, "", ""
    )
    return {"scan": scan_body(found, about, rules), "signals": signal_columns(found, about)}


def as_bytes(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, default=str).encode()


@pytest.fixture(scope="module")
def tonight(
    table: BarTable, universe: Universe, earnings: EarningsDates, scan_rules: ScanRules
) -> dict[str, Any]:
    document = written(table, universe, earnings, both_sides(scan_rules))
    assert len(document["scan"]["candidates"]) >= 3
    assert len(document["signals"]["symbol"]) >= 20
    return document


def both_sides(rules: ScanRules) -> ScanRules:
    """The shipped rules with anchored-VWAP shorts on, so that the laws hold for them too."""
    avwap = replace(rules.strategies["avwap"], shorts=True)
    return replace(rules, strategies={**rules.strategies, "avwap": avwap})


@pytest.mark.parametrize("ago", [1, 5, 23, 50])
def test_no_look_ahead(
    table: BarTable, universe: Universe, earnings: EarningsDates, scan_rules: ScanRules, ago: int
) -> None:
    """A scan as of t over a cache with later sessions equals one over a cache cut at t."""
    as_of = sessions.offset(LAST, -ago)
    cut = table.take(table.session <= np.datetime64(as_of))
    rules = both_sides(scan_rules)
    whole = written(table, universe, earnings, rules, as_of)
    assert as_bytes(written(cut, universe, earnings, rules, as_of)) == as_bytes(whole)
    assert whole["signals"]["symbol"]


def test_history_before_the_window_changes_nothing(
    table: BarTable,
    universe: Universe,
    earnings: EarningsDates,
    scan_rules: ScanRules,
    tonight: dict[str, Any],
) -> None:
    first = np.datetime64(sessions.last_sessions(LAST, 504)[0])
    assert (table.session < first).any()
    short = table.take(table.session >= first)
    assert as_bytes(written(short, universe, earnings, both_sides(scan_rules))) == as_bytes(tonight)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_order_free(
    table: BarTable,
    universe: Universe,
    earnings: EarningsDates,
    scan_rules: ScanRules,
    tonight: dict[str, Any],
    seed: int,
) -> None:
    """Shuffling the rows of every input changes nothing."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(table))
    columns = [getattr(table, name)[order] for name in VALUE_COLUMNS]
    shuffled = bar_table(table.names()[order], table.session[order], *columns)
    members = list(universe.members)
    rng.shuffle(members)  # type: ignore[arg-type]
    mixed = replace(universe, members=tuple(members))
    again = written(shuffled, mixed, earnings, both_sides(scan_rules))
    assert as_bytes(again) == as_bytes(tonight)


@pytest.mark.parametrize("factor", [2.0, 4.0, 0.5])
def test_vintage_free(
    table: BarTable,
    universe: Universe,
    earnings: EarningsDates,
    scan_rules: ScanRules,
    factor: float,
) -> None:
    """Another split basis, symbol by symbol, leads to the same decisions.

    But for those stated in dollars or shares, which are switched off here; powers of two
    are exact in floats, so the decisions must be equal to the last bit.
    """
    rules = both_sides(scan_rules)
    rules = replace(
        rules,
        liquidity=replace(rules.liquidity, min_close_usd=0.0, min_volume_shares=0.0),
        quality={"daily": replace(rules.quality["daily"], min_atr_usd=0.0)},
    )
    rng = np.random.default_rng(3)
    basis = np.where(rng.random(len(table.symbols)) < 0.5, factor, 1.0)[table.symbol]
    prices = {
        name: getattr(table, name) / basis for name in ("open", "high", "low", "close", "vwap")
    }
    other = replace(table, **prices, volume=table.volume * basis)
    one, two = (written(t, universe, earnings, rules) for t in (table, other))
    decided = ("symbol", "strategy", "direction", "rank", "reason", "score", "strength", "anchor")
    for name in decided:
        assert one["signals"][name] == two["signals"][name], name
    assert one["scan"]["funnel"] == two["scan"]["funnel"]
    assert one["signals"]["symbol"]


def test_explain_says_what_the_funnel_did(
    table: BarTable, universe: Universe, earnings: EarningsDates, scan_rules: ScanRules
) -> None:
    """For every symbol: the first gate that explain shows as failed is the funnel's reason."""
    rules = both_sides(scan_rules)
    window = np.array(sessions.last_sessions(LAST, 504), dtype="datetime64[D]")
    panel = build_panel(table, window)
    calendar = CALENDAR[window[0] <= CALENDAR]
    found = scan(ScanInputs(panel, universe, earnings, calendar, "daily"), rules)
    for column, symbol in enumerate(panel.symbols):
        explained = explain(found, symbol, rules)
        assert explained is not None
        for direction, name in ((1, "long"), (-1, "short")):
            side = explained.sides[name]
            reason = found.sides[direction].funnel.reason(column)
            first = next((g["reason"] for g in side["gates"] if g["passed"] is False), None)
            assert first == side["dropped_by"] == (None if reason is None else str(reason))
        mine = {(s["strategy"], s["direction"], s["rank"]) for s in explained.signals}
        theirs = [s for s in found.signals if s.symbol == symbol]
        sides = {1: "long", -1: "short"}
        assert mine == {(s.strategy, sides[s.direction], s.rank) for s in theirs}


@pytest.mark.parametrize("name", [n for n, s in STRATEGIES.items() if s.fires is not None])
def test_a_strategy_fires_the_same_with_only_its_own_lookback(
    table: BarTable, scan_rules: ScanRules, name: str
) -> None:
    """No strategy may live on the bars that another one asked for."""
    panel = build_panel(table, np.array(sessions.last_sessions(LAST, 504), dtype="datetime64[D]"))
    strategy, params = STRATEGIES[name], scan_rules.strategies[name].params
    assert strategy.fires is not None
    own = strategy.fires(Columns(panel, 1, strategy.lookback(params)), params)
    roomy = strategy.fires(Columns(panel, 1, 200), params)
    for mine, theirs in zip(own, roomy, strict=True):
        np.testing.assert_array_equal(mine.mask, theirs.mask)
        np.testing.assert_array_equal(mine.raw_strength, theirs.raw_strength)


def test_a_name_without_bars_and_one_that_stopped_leave_by_name(
    table: BarTable, universe: Universe, earnings: EarningsDates, scan_rules: ScanRules
) -> None:
    stopped = universe.members[0].symbol
    gone = table.symbols.index(stopped)
    part = table.take(~((table.symbol == gone) & (table.session == np.datetime64(LAST))))
    ghost = Member("ZZGHOST", "", "Energy", ("IWV",), equity=True)
    wider = replace(universe, members=(*universe.members, ghost))
    funnel = written(part, wider, earnings, scan_rules)["scan"]["funnel"]
    assert funnel[0]["dropped"]["no_bars"] >= 1
    assert funnel[1]["dropped"]["stale_bars"] >= 1
