"""A past session is played again: equal, or what differs is named with its cause.

The damage of kept files stands in `test_replay_of_damage.py`.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from played_demos import PlayedDemo, play
from second_days import (
    FIRST,
    SECOND,
    exchange_of,
    looks_seldom,
    market_of,
    play_first_and,
    play_second,
    second_evening,
)
from typer.testing import CliRunner
from watchmen import Watchman

from avwap_cli.adapters.bar_store.bar_cache import BarCache
from avwap_cli.adapters.session_archives import SessionArchives
from avwap_cli.cli import app
from avwap_cli.market.bars import BarTable

SESSION, PAST = "2026-11-23", "2026-11-10"
NOW = "2026-11-24T20:30"


def said(home: Path, *words: str, session: str = SESSION, code: int = 0) -> dict[str, Any]:
    """What `avwap replay` says, as JSON."""
    result = CliRunner().invoke(
        app, ["replay", session, "--home", str(home), "--now", NOW, "--json", *words]
    )
    assert result.exit_code == code, result.output
    assert "avwap-replay-" not in result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def replayed(home: Path, *words: str, session: str = SESSION, code: int = 0) -> dict[str, Any]:
    """The body of that."""
    found: dict[str, Any] = said(home, *words, session=session, code=code)["body"]
    return found


@pytest.fixture
def played_home(shown_demo: PlayedDemo, tmp_path: Path) -> Path:
    """A copy of the demo's home after its day."""
    return Path(shutil.copytree(shown_demo.home.root, tmp_path / "home"))


@pytest.fixture
def scanned_home(demo_home: Path, tmp_path: Path) -> Path:
    """A copy of the demo's home after its evening."""
    return Path(shutil.copytree(demo_home, tmp_path / "home"))


def files_of(home: Path) -> dict[str, bytes]:
    kept = [p for p in home.rglob("*") if p.is_file() and not p.name.endswith("-shm")]
    return {str(p.relative_to(home)): p.read_bytes() for p in kept}


def dropped(home: Path, client_id: str) -> None:
    """Take the fills of that order out of the ledger."""
    (ledger,) = (home / "outputs" / "ledger").glob("exchange-*.sqlite3")
    with closing(sqlite3.connect(ledger)) as books, books:
        for (name,) in books.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            books.execute(f"DROP TRIGGER {name}")
        gone = books.execute("DELETE FROM fills WHERE client_id = ?", (client_id,))
        assert gone.rowcount > 0


@pytest.fixture(scope="session")
def both_days(
    made_once: Callable[[str, Callable[[Path], object]], Path], shown_demo: PlayedDemo
) -> Path:
    """A home in which the demo's session was played, and the next one; not to be changed."""

    def make(place: Path) -> None:
        home = Path(shutil.copytree(shown_demo.home.root, place / "home"))
        looks_seldom(home)
        play_second(home)

    return made_once("both-days", make) / "home"


STOPPED = f"{SECOND:%Y%m%d}.adx_pullback.ZQHM.L.stop.1"


def test_a_day_that_began_with_positions_is_played_again(both_days: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(both_days, tmp_path / "home"))
    dropped(home, STOPPED)
    before = files_of(home)
    found = replayed(home, session=str(SECOND), code=9)
    (orders,) = found["differences"]  # all else is the same
    assert (orders["artifact"], orders["cause"]) == ("orders", "price")
    assert STOPPED in orders["first_difference"]
    assert "nothing then" in orders["first_difference"]
    assert set(found["compared"]) >= {
        "scan.json", "signals.parquet", "exits_planned.json", "gapfilter.json", "entries.json",
        "exits.json", "trades.jsonl", "equity.jsonl", "orders",
    }  # fmt: skip
    assert files_of(home) == before
    folder = home / "outputs" / "sessions" / str(SECOND)
    trades = [json.loads(line) for line in (folder / "trades.jsonl").read_text().splitlines()]
    carried = {t["symbol"] for t in trades if t["exit_session"] == str(SECOND)}
    assert carried == {"ZQHM", "XZKUU"}, "two stops of the day before were hit"
    planned = json.loads((folder / "exits_planned.json").read_text())["positions"]
    assert len(planned) == 7


def test_the_exchange_opens_with_what_there_was(shown_demo: PlayedDemo, tmp_path: Path) -> None:
    home = Path(shutil.copytree(shown_demo.home.root, tmp_path / "home"))
    second_evening(home)
    opened: dict[str, Any] = exchange_of(home, market_of(home)).snapshot()
    ended = json.loads((home / "outputs" / "exchange.json").read_text())
    assert len(ended["positions"]) == 7
    assert opened["positions"] == ended["positions"]
    assert opened["orders"] == ended["orders"]
    for name in ("number", "cash", "equity"):
        assert opened["account"][name] == ended["account"][name]
    assert opened["account"]["last_equity"] == ended["account"]["equity"]


def test_a_day_without_its_ledger_is_left_out(both_days: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(both_days, tmp_path / "home"))
    shutil.rmtree(home / "outputs" / "ledger")
    found = said(home, session=str(SECOND))
    assert found["warnings"] == ["there is no ledger of it: its evening alone is replayed"]
    assert found["body"]["compared"] == [
        "scan.json", "signals.parquet", "daily_candidates.csv", "tradingview_watchlist.txt"
    ]  # fmt: skip


@pytest.mark.soak
def test_two_days_at_one_exchange_are_the_same_again(
    both_days: Path, demo_home: Path, tmp_path: Path
) -> None:
    """The first day is played at the exchange that goes on into the second."""
    home = Path(shutil.copytree(demo_home, tmp_path / "home"))
    looks_seldom(home)
    play_first_and(both_days, home)
    for session in (FIRST, SECOND):
        found = replayed(home, session=str(session))
        assert found["equal"], found["differences"]
        assert "orders" in found["compared"]
    theirs, ours = (
        (h / "outputs" / "sessions" / str(SECOND) / "exits.json").read_bytes()
        for h in (both_days, home)
    )
    assert theirs == ours


@pytest.mark.soak
def test_a_changed_stop_of_a_carried_position_is_named(both_days: Path) -> None:
    tight = ["--set", "exit.avwap_trail_frac=0.1"]
    found = replayed(both_days, *tight, session=str(SECOND), code=9)
    named = {d["artifact"]: d for d in found["differences"]}
    assert set(named) == {"orders", "exits.json"}
    for each in named.values():
        assert each["cause"] == "config changed"
        assert each["because"] == "exit.avwap_trail_frac: 0.5 then, 0.1 now"
        assert f"{SECOND:%Y%m%d}.avwap.XZCDD.L.stop.1" in each["first_difference"]


@pytest.mark.soak
def test_a_fill_that_was_dropped_is_named(played_home: Path) -> None:
    entry = "20261123.bb_squeeze.QXCG.S.entry.1"
    dropped(played_home, entry)
    (orders,) = replayed(played_home, code=9)["differences"]
    assert (orders["artifact"], orders["cause"]) == ("orders", "price")
    assert entry in orders["first_difference"]


def test_a_packed_session_is_the_same_again_and_nobody_is_told(
    scanned_home: Path, watchman: Watchman
) -> None:
    config = scanned_home / "config" / "default.yaml"
    config.write_text(config.read_text() + f"\nalerts:\n  heartbeat_url: {watchman.url}\n")
    whole = replayed(scanned_home, "--evening")
    SessionArchives(scanned_home / "outputs").pack(FIRST)
    before = files_of(scanned_home)
    assert not (scanned_home / "outputs" / "sessions" / SESSION).exists()
    packed = replayed(scanned_home, "--evening")
    assert packed == whole
    assert packed["equal"]
    assert watchman.heard == []
    assert files_of(scanned_home) == before


def test_a_changed_threshold_is_named(scanned_home: Path) -> None:
    assert replayed(scanned_home, "--evening")["equal"]
    dear = ["--set", "scan.liquidity.min_close_usd=40"]
    found = replayed(scanned_home, "--evening", *dear, code=9)
    first = found["differences"][0]
    assert (first["artifact"], first["cause"]) == ("scan.json", "config changed")
    assert first["because"] == "scan.liquidity.min_close_usd: 3.0 then, 40 now"


@pytest.mark.soak
def test_a_changed_threshold_of_the_day_is_named(played_home: Path) -> None:
    found = replayed(played_home, "--set", "risk.max_new_per_session=2", code=9)
    assert {d["cause"] for d in found["differences"]} == {"config changed"}
    assert {d["because"] for d in found["differences"]} == {
        "risk.max_new_per_session: 8 then, 2 now"
    }
    assert "scan.json" not in {d["artifact"] for d in found["differences"]}


def rewritten(home: Path, change: Callable[[BarTable], BarTable]) -> None:
    """Change the bars of the cache, as a vendor's revision would."""
    cache = BarCache(home / "cache" / "bars", 1)
    cache.replace_all(change(cache.since(date.min)), cache.vintage())


def test_a_revised_bar_is_named(scanned_home: Path) -> None:
    def revise(table: BarTable) -> BarTable:
        last = (table.session == table.session.max()) & (table.names() == "SPY")
        assert last.sum() == 1
        return replace(table, volume=table.volume + last)

    rewritten(scanned_home, revise)
    first = replayed(scanned_home, "--evening", code=9)["differences"][0]
    assert (first["artifact"], first["cause"]) == ("scan.json", "data revised")
    assert first["because"].startswith("bars: ")


def test_a_past_session_is_scanned_without_look_ahead(scanned_home: Path) -> None:
    def later_is_otherwise(table: BarTable) -> BarTable:
        times = np.where(table.session >= np.datetime64(PAST), 3.0, 1.0)
        prices = {name: getattr(table, name) * times for name in ("open", "high", "low", "close")}
        return replace(table, **prices)

    before = replayed(scanned_home, "--evening", session=PAST)
    rewritten(scanned_home, later_is_otherwise)
    assert replayed(scanned_home, "--evening", session=PAST)["found"] == before["found"]
    newest = replayed(scanned_home, "--evening", code=9)
    assert newest["differences"], "the later bars are really others"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 11))
def test_ten_sessions_are_the_same_again(seed: int, tmp_path: Path) -> None:
    play(tmp_path, "--seed", str(seed))
    home = tmp_path / "not" / "yet" / "outputs" / "demo"
    found = replayed(home)
    assert found["equal"], found["differences"]
    assert "orders" in found["compared"]
