"""The demo: evening and trading day run through, and the same seed gives the same bytes anywhere."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from avwap_cli import playbook
from avwap_cli.adapters.ledgers_at_hand import books_at_hand
from avwap_cli.demo_day import clear_day, is_over
from avwap_cli.demo_paths import Part, Role, cast
from avwap_cli.home import Home

PROGRAM = [sys.executable, "-c", "from avwap_cli.cli import main; main()"]
SESSION = date(2026, 11, 23)
EVENING = {
    "cache.json",
    "daily_candidates.csv",
    "exits_planned.json",
    "scan.json",
    "signals.parquet",
    "tradingview_watchlist.txt",
    "universe.csv",
    "universe.json",
}
DAY = {artifact.name for stage in playbook.STAGES if stage.trades for artifact in stage.writes}


def demo(around: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the demo as cron would: a bare environment."""
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    command = [*PROGRAM, "demo", "--home", str(around), *words]
    return subprocess.run(command, env=bare, capture_output=True, text=True, cwd="/", check=False)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    """What the demo of seed 7 prints as JSON, and the folder around its home; not to be changed."""
    around = tmp_path_factory.mktemp("played") / "not" / "yet"
    result = demo(around, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout), around


def home_of(around: Path) -> Home:
    return Home(around / "outputs" / "demo")


def digests(home: Home) -> dict[str, str]:
    """sha-256 of everything but run records and logs, which tell when and where."""
    files = [p for p in sorted(home.sessions.rglob("*")) if p.is_file()]
    kept = [p for p in files if "runs" not in p.parts]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in kept}


def roles_of(home: Home) -> dict[Part, Role]:
    """Who plays what, by the candidates that the scan found."""
    scan = json.loads((home.sessions / str(SESSION) / "scan.json").read_text())
    return {role.part: role for role in cast(scan["candidates"])}


def orders_of(home: Home) -> list[dict[str, Any]]:
    """The orders in the exchange's own books."""
    found: list[dict[str, Any]] = json.loads((home.outputs / "exchange.json").read_text())["orders"]
    return found


def test_the_story_has_every_event_of_the_script(played: tuple[dict[str, Any], Path]) -> None:
    told = {(line["event"], line["symbol"]) for line in played[0]["day"]["story"]}
    who = {part: role.symbol for part, role in roles_of(home_of(played[1])).items()}
    assert told >= {
        ("gap", who[Part.GAPS]),
        ("partial_entry", who[Part.FILLS_IN_PART]),
        ("lost_answer", who[Part.IS_LOST]),
        ("entry", who[Part.IS_LOST]),
        ("denied", who[Part.FALLS_BACK]),
        ("entry", who[Part.CRASHES]),
        ("exit", who[Part.CRASHES]),
        ("entry", who[Part.RISES]),
        ("trim", who[Part.RISES]),
        ("entry", who[Part.BREAKS_LATE]),
        ("denied", who[Part.NEVER_BREAKS]),
        ("close", ""),
    }
    counted = Counter(line["event"] for line in played[0]["day"]["story"])
    assert (counted["lost_answer"], counted["exit"], counted["trim"]) == (1, 1, 2)
    assert counted["entry"] + counted["partial_entry"] == 8
    assert counted["page"] == 0


def test_every_group_enters_in_its_window(played: tuple[dict[str, Any], Path]) -> None:
    folder = home_of(played[1]).sessions / str(SESSION)
    filled = list(json.loads((folder / "entries.json").read_text())["orders"])
    groups = Counter(o["entry_group"] for o in filled if o["filled_shares"])
    assert groups == {"moo": 2, "confirm": 4, "boh": 2}
    at = {line["symbol"]: line["at"][11:16] for line in played[0]["day"]["story"]}
    first = {o["symbol"]: at[o["symbol"]] for o in filled if o["entry_group"] == "moo"}
    assert set(first.values()) == {"09:30"}


def test_the_lost_answer_is_one_order(played: tuple[dict[str, Any], Path]) -> None:
    home = home_of(played[1])
    symbol = roles_of(home)[Part.IS_LOST].symbol
    entries = [
        o for o in orders_of(home) if o["symbol"] == symbol and ".entry." in o["client_order_id"]
    ]
    assert [o["status"] for o in entries] == ["filled"]
    books = json.loads((home.outputs / "exchange.json").read_text())
    assert books["faults_fired"] == {"504-after-accept": 1}


def test_an_emergency_is_left_with_what_there_was(played: tuple[dict[str, Any], Path]) -> None:
    home = home_of(played[1])
    exits = json.loads((home.sessions / str(SESSION) / "exits.json").read_text())
    left = {(e["symbol"], e["reason"]): e for e in exits["exits"]}
    who = roles_of(home)
    gone = left[who[Part.CRASHES].symbol, "emergency_stop"]
    assert gone["closed"]
    assert abs(gone["price"] / gone["decision_price"] - 1) < 0.005
    risen = who[Part.RISES]
    for reason, goal in (("trim_r1", risen.r1), ("trim_r2", risen.r2)):
        assert left[risen.symbol, reason]["price"] == pytest.approx(goal, rel=0.005)
        assert not left[risen.symbol, reason]["closed"]
    assert all(
        sum(stop["shares"] for stop in held["stops"]) == held["shares"]
        for held in exits["positions"]
    )


def test_orders_at_the_broker_are_orders_in_the_ledger(
    played: tuple[dict[str, Any], Path],
) -> None:
    home, day = home_of(played[1]), played[0]["day"]
    (book,) = books_at_hand(home.outputs, "exchange")
    there = {o["client_order_id"]: (o["status"], float(o["filled_qty"])) for o in orders_of(home)}
    here = {
        o.id: (o.report and o.report.status.value, float(o.filled)) for o in book.orders.values()
    }
    assert here == there
    assert len(orders_of(home)) == len(there) > 20
    assert day["orders_at_broker"] == day["orders_in_ledger"] == len(there)
    assert day["positions_at_broker"] == day["positions_in_ledger"] == len(book.open) == 7
    assert day["differences"] == []


def test_the_status_after_it_is_healthy(played: tuple[dict[str, Any], Path]) -> None:
    page = played[0]["body"]
    states = {stage["stage"]: stage["state"] for stage in page["stages"]}
    assert states == {stage.name: "done" for stage in playbook.STAGES}
    assert page["healthy"]
    assert played[0]["exit_code"] == 0


def test_the_same_bytes_under_another_hash_seed_time_zone_and_locale(
    played: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    result = demo(
        tmp_path,
        PYTHONHASHSEED="4242",
        TZ="Asia/Tokyo",
        LC_ALL="tr_TR.UTF-8",
        LANG="tr_TR.UTF-8",
    )
    assert result.returncode == 0, result.stderr
    for text in ("Candidates", "Stages", "refresh-cache  done", "The day's story", "avwap explain"):
        assert text in result.stdout
    assert re.search(r"orders at the broker (\d+) = orders in the ledger \1;", result.stdout)
    mine, theirs = home_of(played[1]), home_of(tmp_path)
    assert digests(mine).keys() == EVENING | DAY
    assert digests(mine) == digests(theirs)
    books = [(home.outputs / "exchange.json").read_bytes() for home in (mine, theirs)]
    assert books[0] == books[1]
    assert [p.name for p in tmp_path.iterdir()] == ["outputs"]
    assert [p.name for p in (tmp_path / "outputs").iterdir()] == ["demo"]


def test_a_second_run_shows_the_day_again_and_changes_nothing(
    played: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    around = Path(shutil.copytree(played[1], tmp_path / "again"))
    before = digests(home_of(around))
    again = demo(around)
    assert again.returncode == 0, again.stderr
    assert "was played before (unchanged)" in again.stdout
    assert again.stdout.count("(unchanged)") + again.stdout.count("(frozen)") == 4
    for line in played[0]["day"]["story"]:
        assert line["text"] in again.stdout
    assert digests(home_of(around)) == before


def test_a_day_that_was_broken_off_starts_over_from_the_evening(
    played: tuple[dict[str, Any], Path], tmp_path: Path
) -> None:
    home = home_of(Path(shutil.copytree(played[1], tmp_path / "broken")))
    assert is_over(home, SESSION)
    (home.outputs / "exchange.json").unlink()
    assert not is_over(home, SESSION)
    clear_day(home, SESSION)
    assert digests(home).keys() == EVENING
    assert not home.ledgers.exists()
    runs = {p.name.rpartition("-")[0] for p in (home.sessions / str(SESSION) / "runs").iterdir()}
    assert runs == {"universe", "refresh-cache", "scan"}


@pytest.mark.soak
@pytest.mark.parametrize("seed", [3, 11])
def test_other_seeds_run_through(tmp_path: Path, seed: int) -> None:
    result = demo(tmp_path, "--seed", str(seed), "--json")
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    document = json.loads(result.stdout)
    told = {line["event"] for line in document["day"]["story"]}
    assert told >= {"gap", "entry", "partial_entry", "lost_answer", "trim", "exit", "close"}
    assert document["day"]["differences"] == []
    assert document["day"]["orders_at_broker"] == document["day"]["orders_in_ledger"] > 10


def test_the_demo_makes_the_home_that_is_named(played: tuple[dict[str, Any], Path]) -> None:
    _, around = played
    assert (home_of(around).config / "default.yaml").is_file()
