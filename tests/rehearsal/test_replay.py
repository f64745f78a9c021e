"""A past session is played again: equal, or what differs is named with its cause."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from played_demos import PlayedDemo, play
from typer.testing import CliRunner

from avwap_cli.adapters.bar_store.bar_cache import BarCache
from avwap_cli.cli import app
from avwap_cli.market.bars import BarTable

SESSION, PAST = "2026-11-23", "2026-11-10"
NOW = "2026-11-23T20:30"


def replayed(home: Path, *words: str, session: str = SESSION, code: int = 0) -> dict[str, Any]:
    """What `avwap replay` says, as JSON."""
    result = CliRunner().invoke(
        app, ["replay", session, "--home", str(home), "--now", NOW, "--json", *words]
    )
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)["body"]
    return found


@pytest.fixture
def played_home(foreign_demo: PlayedDemo, tmp_path: Path) -> Path:
    """A copy of the demo's home after its day."""
    return Path(shutil.copytree(foreign_demo.home.root, tmp_path / "home"))


@pytest.fixture
def scanned_home(demo_home: Path, tmp_path: Path) -> Path:
    """A copy of the demo's home after its evening."""
    return Path(shutil.copytree(demo_home, tmp_path / "home"))


def files_of(home: Path) -> dict[str, bytes]:
    kept = [p for p in home.rglob("*") if p.is_file() and not p.name.endswith("-shm")]
    return {str(p.relative_to(home)): p.read_bytes() for p in kept}


def test_a_fill_that_was_dropped_is_named(played_home: Path) -> None:
    (ledger,) = (played_home / "outputs" / "ledger").glob("exchange-*.sqlite3")
    with sqlite3.connect(ledger) as books:
        for (name,) in books.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            books.execute(f"DROP TRIGGER {name}")
        rows = books.execute("SELECT seq, client_id FROM fills ORDER BY seq").fetchall()
        books.execute("DELETE FROM fills WHERE seq = ?", (rows[0][0],))
    before = files_of(played_home)
    found = replayed(played_home, code=9)
    (orders,) = [d for d in found["differences"] if d["artifact"] == "orders"]
    assert rows[0][1] in orders["first_difference"]
    assert "nothing then" in orders["first_difference"]
    assert orders["cause"] == "price"
    assert [d["artifact"] for d in found["differences"]] == ["orders"], "all else is the same"
    assert set(found["compared"]) >= {
        "scan.json", "signals.parquet", "exits_planned.json", "gapfilter.json", "entries.json",
        "exits.json", "trades.jsonl", "equity.jsonl", "orders",
    }  # fmt: skip
    assert files_of(played_home) == before


def test_a_changed_threshold_is_named(scanned_home: Path) -> None:
    assert replayed(scanned_home, "--evening")["equal"]
    dear = ["--set", "scan.liquidity.min_close_usd=40"]
    found = replayed(scanned_home, "--evening", *dear, code=9)
    first = found["differences"][0]
    assert (first["artifact"], first["cause"]) == ("scan.json", "config changed")
    assert first["because"] == "scan.liquidity.min_close_usd: 3.0 then, 40 now"


@pytest.mark.soak
def test_a_changed_threshold_of_the_day_is_named(played_home: Path) -> None:
    overlay = played_home / "demo.yaml"
    overlay.write_text(
        overlay.read_text().replace("max_new_per_session: 8", "max_new_per_session: 2")
    )
    found = replayed(played_home, code=9)
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
