"""The synthetic market: what its bars must obey, and that a seed and a calendar decide all."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from avwap_cli.adapters.synthetic import ORIGIN, SyntheticMarket
from avwap_cli.adapters.synthetic.climate import STATES, climate
from avwap_cli.adapters.synthetic.sectors import FUNDS, SECTORS
from avwap_cli.errors import InputError, UsageError
from avwap_cli.market.bars import VALUE_COLUMNS, BarTable
from avwap_cli.market.sessions import sessions_between

ROOT = Path(__file__).resolve().parents[3]
LAST = date(2024, 3, 7)
SESSIONS = np.array(sessions_between(ORIGIN, date(2024, 12, 31)), dtype="datetime64[D]")
PINNED = "c852aff6bc4e7a2354f4dd0b181940d3b78dd04759b5a61ba30ad60ad699c89c"


def small(seed: int = 1, last: date = LAST, names: int = 300, depth: int = 300) -> SyntheticMarket:
    return SyntheticMarket.build(seed, last, SESSIONS, names=names, depth=depth)


def digest(table: BarTable) -> str:
    found = hashlib.sha256("\n".join(table.symbols).encode())
    for name in ("symbol", "session", *VALUE_COLUMNS):
        found.update(np.ascontiguousarray(getattr(table, name)).tobytes())
    return found.hexdigest()


@pytest.fixture(scope="module")
def market() -> SyntheticMarket:
    return small()


@pytest.fixture(scope="module")
def large() -> SyntheticMarket:
    return SyntheticMarket.build(1, LAST, SESSIONS, depth=260)


def test_bars_obey_the_laws_of_a_bar(market: SyntheticMarket) -> None:
    for table in (market.bars(), market.adjusted_bars()):
        assert len(table) > 60_000
        assert (table.low > 0).all()
        assert (table.high >= np.maximum(table.open, table.close)).all()
        assert (table.low <= np.minimum(table.open, table.close)).all()
        assert ((table.vwap >= table.low) & (table.vwap <= table.high)).all()
        assert (table.volume >= 1).all()
        assert (table.volume == np.rint(table.volume)).all()


def test_rows_are_sorted_and_come_once(market: SyntheticMarket) -> None:
    table = market.adjusted_bars()
    key = table.session.astype(np.int64) * len(table.symbols) + table.symbol
    assert (np.diff(key) > 0).all()
    assert list(table.symbols) == sorted(table.symbols)
    assert np.isin(table.session, SESSIONS).all()
    assert set(np.unique(table.symbol)) == set(range(len(table.symbols)))


def test_prices_as_traded_are_in_cents_and_penny_prices_in_ten_thousandths(
    large: SyntheticMarket,
) -> None:
    for price in (large.bars().open, large.bars().close):
        dear = price >= 1.0
        assert (np.round(price[dear], 2) == price[dear]).all()
        assert (np.round(price[~dear], 4) == price[~dear]).all()
        assert (~dear).any()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    digests = [digest(small(seed, names=60, depth=120).adjusted_bars()) for seed in (1, 1, 2, 3, 4)]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


def test_the_bytes_are_those_of_every_machine() -> None:
    assert digest(small(20, names=60, depth=120).adjusted_bars()) == PINNED


def test_hash_seed_time_zone_and_locale_change_nothing() -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_synthetic_market import digest, small\n"
        "print(digest(small(20, names=60, depth=120).adjusted_bars()))"
    )
    printed = []
    for hash_seed, zone in (("1", "Asia/Tokyo"), ("2", "UTC")):
        surroundings = {
            **os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone, "LC_ALL": "C",
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=surroundings, capture_output=True, text=True, check=True,
        )  # fmt: skip
        printed.append(done.stdout.strip())
    assert printed == [PINNED, PINNED]


@pytest.mark.parametrize("later", [date(2024, 3, 8), date(2024, 3, 14), date(2024, 10, 31)])
def test_a_later_market_has_the_same_past(market: SyntheticMarket, later: date) -> None:
    grown = small(last=later, depth=500)
    old, new = market.bars(), grown.bars()
    both = new.take((new.session >= market.sessions[0]) & (new.session <= market.sessions[-1]))
    assert (old.names() == both.names()).all()
    for name in ("session", *VALUE_COLUMNS):
        assert (getattr(old, name) == getattr(both, name)).all()


def test_vintages_differ_by_the_splits_between_them_and_by_nothing_else(
    market: SyntheticMarket,
) -> None:
    grown = small(last=date(2024, 10, 31), depth=500)
    between = {
        split.symbol: split.ratio
        for split in grown.splits()
        if split.ex_date > LAST and split.symbol in market.symbols
    }
    assert between
    before, after = market.adjusted_bars(), grown.adjusted_bars()
    after = after.take(
        (after.session >= market.sessions[0]) & (after.session <= market.sessions[-1])
    )
    names = before.names()
    assert (names == after.names()).all()
    factor = np.array([between.get(name, 1.0) for name in names.tolist()])
    same = factor == 1.0
    for name in VALUE_COLUMNS:
        one, other = getattr(before, name), getattr(after, name)
        assert (one[same] == other[same]).all()
    moved = ~same
    assert np.abs(before.close[moved] / factor[moved] - after.close[moved]).max() <= 1e-4
    assert np.abs(before.volume[moved] * factor[moved] - after.volume[moved]).max() <= 1.0


def test_the_adjusted_series_has_no_jump_at_a_split_and_the_traded_one_has() -> None:
    grown = small(last=date(2024, 10, 31), depth=500)
    inside = [s for s in grown.splits() if np.datetime64(s.ex_date) > grown.sessions[2]]
    assert any(s.ratio > 1 for s in inside)
    checked = 0
    for split in inside:
        raw, adjusted = (
            grown.bars().only([split.symbol]),
            grown.adjusted_bars().only([split.symbol]),
        )
        at = int(np.searchsorted(raw.session, np.datetime64(split.ex_date)))
        if at == 0 or at == len(raw) or raw.session[at] != np.datetime64(split.ex_date):
            continue
        assert raw.open[at] / raw.close[at - 1] * split.ratio == pytest.approx(1.0, abs=0.25)
        assert adjusted.open[at] / adjusted.close[at - 1] == pytest.approx(1.0, abs=0.25)
        checked += 1
    assert checked


def test_about_2600_companies_in_realistic_sectors(large: SyntheticMarket) -> None:
    alive = large.companies.alive(large.last)
    assert 2500 <= alive.sum() <= 2700
    counts = np.bincount(large.companies.sector[alive], minlength=len(SECTORS))
    for sector, count in zip(SECTORS, counts, strict=True):
        assert count / alive.sum() == pytest.approx(sector.share, abs=0.012), sector.name


def test_names_and_tickers_are_invented_and_differ(large: SyntheticMarket) -> None:
    who = large.companies
    assert len(set(who.symbols)) == len(set(who.names)) == len(who)
    for symbol in who.symbols:
        root, _, share_class = symbol.partition(".")
        assert 4 <= len(root) <= 5
        assert root.isalpha()
        assert root[0] in "QXZ"
        assert root[1] in "QXZ"
        assert root[0] != root[1]
        assert share_class in ("", "A", "B")
    classes = [s for s in who.symbols if "." in s]
    assert len(classes) == 4
    assert {s.split(".")[0] for s in classes} <= set(who.symbols)
    assert not set(FUNDS) & set(who.symbols)


def test_prices_and_liquidity_span_what_a_market_spans(large: SyntheticMarket) -> None:
    close, volume = (x[len(FUNDS) :, -20:] for x in (large.tape.close, large.tape.volume))
    whole = ~np.isnan(close).any(axis=1)
    price, shares = close[whole, -1], volume[whole].mean(axis=1)
    dollars = (close[whole] * volume[whole]).mean(axis=1)
    assert price.min() < 3.0
    assert 20.0 < np.median(price) < 45.0
    assert 300.0 < price.max() < 1500.0
    liquid = (price >= 3.0) & (shares >= 400_000) & (dollars >= 10_000_000)
    assert 0.35 <= 1.0 - liquid.mean() <= 0.52
    assert dollars.max() > 1e9
    assert dollars.min() < 3e5


def test_there_are_halts_splits_newcomers_and_departures(large: SyntheticMarket) -> None:
    who, bars = large.companies, ~np.isnan(large.tape.close[len(FUNDS) :])
    first = large.last + 1 - bars.shape[1]
    column = first + np.arange(bars.shape[1])
    listed = (who.born[:, None] <= column) & (column < who.dies[:, None])
    assert not (bars & ~listed).any()
    halted = (listed & ~bars).any(axis=1).sum()
    assert 10 <= halted <= 200
    assert ((who.dies > first) & (who.dies <= large.last)).sum() >= 50
    assert ((who.born > first) & (who.born <= large.last)).sum() >= 50
    recent = [s for s in large.row_splits if s.ordinal > first]
    assert sum(s.ratio > 1 for s in recent) >= 8
    assert sum(s.ratio < 1 for s in recent) >= 2
    assert not np.isnan(large.tape.close[: len(FUNDS)]).any()


def test_reports_move_prices_and_volumes_on_their_sessions(large: SyntheticMarket) -> None:
    first = large.last + 1 - len(large.sessions)
    reports, who = large.reports, large.companies
    day = reports.day.astype("datetime64[D]")
    side = np.where(reports.before_open, "left", "right")
    reaction = np.array(
        [np.searchsorted(large.calendar, d, s) for d, s in zip(day, side, strict=True)]
    )
    here = (reaction > first + 1) & (reaction < large.last)
    row, column = reports.row[here] + len(FUNDS), reaction[here] - first
    assert len(row) > 5000
    gap = np.abs(large.tape.open[:, 1:] / large.tape.close[:, :-1] - 1.0)
    scale = np.concatenate([np.ones(len(FUNDS)), who.sigma])[:, None]
    gap = gap / scale
    on, before, after = (np.nanmedian(gap[row, column - 1 + k]) for k in (0, -1, 1))
    usual = np.nanmedian(gap[len(FUNDS) :])
    assert on > 3.0 * usual
    assert before < 1.3 * usual
    assert after < 1.3 * usual
    volume = large.tape.volume
    assert np.nanmedian(volume[row, column] / volume[row, column - 1]) > 1.3


def test_volume_follows_moves(large: SyntheticMarket) -> None:
    tape = large.tape
    move = np.abs(tape.close / tape.open - 1.0)[len(FUNDS) :]
    volume = tape.volume[len(FUNDS) :]
    whole = ~np.isnan(volume).any(axis=1)
    loud = move[whole] > np.quantile(move[whole], 0.9, axis=1)[:, None]
    ratio = np.where(loud, volume[whole], np.nan), np.where(loud, np.nan, volume[whole])
    assert np.median(np.nanmean(ratio[0], axis=1) / np.nanmean(ratio[1], axis=1)) > 1.2


def test_funds_are_the_weighted_means_of_their_members(large: SyntheticMarket) -> None:
    who, close = large.companies, large.tape.close
    members = close[len(FUNDS) :]
    steady = (who.born < large.last - 258) & (who.dies > large.last)
    split = {s.row - len(FUNDS) for s in large.row_splits if s.ordinal > large.last - 260}
    steady[list(split)] = False
    steady &= ~np.isnan(members).any(axis=1)
    year = members[steady, -1] / members[steady, 0] - 1.0
    value = who.cap[steady] * members[steady, 0] / who.price[steady]
    market = close[0, -1] / close[0, 0] - 1.0
    assert market == pytest.approx((value * year).sum() / value.sum(), abs=0.06)
    daily = np.diff(np.log(close[: len(FUNDS)]), axis=1)
    for row in range(1, len(FUNDS)):
        assert 0.4 < np.corrcoef(daily[0], daily[row])[0, 1] < 0.995
    assert 0.09 < daily[0].std() * 252**0.5 < 0.30


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_four_seeds_end_above_the_mean_of_200_sessions(seed: int) -> None:
    found = SyntheticMarket.build(seed, LAST, SESSIONS, names=1300, depth=210)
    close = found.tape.close[0]
    assert found.last_session == LAST
    assert close[-1] > close[-200:].mean()


def test_the_climate_visits_every_state_and_only_appends() -> None:
    long, short = climate(5, 2500), climate(5, 900)
    assert set(np.unique(long.state)) == set(range(len(STATES)))
    for field in fields(long):
        assert (getattr(long, field.name)[..., :900] == getattr(short, field.name)).all()
    calm = long.sigma[long.state == 0].mean()
    assert long.sigma[long.state == 2].mean() > 2 * calm


def test_a_young_market_is_as_long_as_its_history() -> None:
    young = small(last=date(2020, 3, 2), names=40)
    assert young.sessions[0] == np.datetime64(ORIGIN)
    assert len(young.sessions) == len(sessions_between(ORIGIN, date(2020, 3, 2)))


def test_what_cannot_be_built_says_why() -> None:
    with pytest.raises(UsageError, match="seed -1 is negative"):
        small(seed=-1)
    with pytest.raises(InputError, match="2024-03-09 is not a session"):
        small(last=date(2024, 3, 9))
    with pytest.raises(InputError, match="begins on 2020-01-02"):
        small(last=date(2019, 3, 7))
    with pytest.raises(InputError, match="does not reach back"):
        SyntheticMarket.build(1, LAST, SESSIONS[10:])
    with pytest.raises(InputError, match="does not reach back"):
        SyntheticMarket.build(1, LAST, SESSIONS[:0])
