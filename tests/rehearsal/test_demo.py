"""The demo: evening and trading day run through, and the same seed gives the same bytes anywhere."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import stat
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from played_demos import PlayedDemo, play, run_demo
from typer.testing import CliRunner

from avwap_cli import playbook
from avwap_cli.adapters.clocks import SystemClock
from avwap_cli.adapters.host_checks.open_files import exposed
from avwap_cli.adapters.ledger.ledgers_at_hand import books_at_hand
from avwap_cli.cli import app
from avwap_cli.errors import UsageError
from avwap_cli.home import Home
from avwap_cli.market.sessions import EASTERN
from avwap_cli.rehearsal.demo import next_steps, run_evening
from avwap_cli.rehearsal.demo_day import clear_day, is_over
from avwap_cli.rehearsal.demo_paths import Part, Role, cast
from avwap_cli.stages.operations.tape_notes import TAPE_JSON
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.terminal.screen import Screen
from avwap_cli.wiring.desk import Choices, Desk

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
DAY = {artifact.name for stage in playbook.STAGES if stage.trades for artifact in stage.writes} | {
    TAPE_JSON
}


def copied(demo: PlayedDemo, place: Path) -> PlayedDemo:
    """A copy of it that may be changed."""
    return PlayedDemo(Path(shutil.copytree(demo.around, place / "copy")), demo.printed)


def day_of(demo: PlayedDemo) -> dict[str, Any]:
    """What it printed, as JSON, about its trading day."""
    found: dict[str, Any] = json.loads(demo.printed)["day"]
    return found


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


def test_the_story_has_every_event_of_the_script(told_demo: PlayedDemo) -> None:
    told = {(line["event"], line["symbol"]) for line in day_of(told_demo)["story"]}
    who = {part: role.symbol for part, role in roles_of(told_demo.home).items()}
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
    counted = Counter(line["event"] for line in day_of(told_demo)["story"])
    assert (counted["lost_answer"], counted["exit"], counted["trim"]) == (1, 1, 2)
    assert counted["entry"] + counted["partial_entry"] == 8
    assert counted["page"] == 0


def test_every_group_enters_in_its_window(told_demo: PlayedDemo) -> None:
    folder = told_demo.home.sessions / str(SESSION)
    filled = list(json.loads((folder / "entries.json").read_text())["orders"])
    groups = Counter(o["entry_group"] for o in filled if o["filled_shares"])
    assert groups == {"moo": 2, "confirm": 4, "boh": 2}
    at = {line["symbol"]: line["at"][11:16] for line in day_of(told_demo)["story"]}
    first = {o["symbol"]: at[o["symbol"]] for o in filled if o["entry_group"] == "moo"}
    assert set(first.values()) == {"09:30"}


def test_the_lost_answer_is_one_order(told_demo: PlayedDemo) -> None:
    home = told_demo.home
    symbol = roles_of(home)[Part.IS_LOST].symbol
    entries = [
        o for o in orders_of(home) if o["symbol"] == symbol and ".entry." in o["client_order_id"]
    ]
    assert [o["status"] for o in entries] == ["filled"]
    books = json.loads((home.outputs / "exchange.json").read_text())
    assert books["faults_fired"] == {"504-after-accept": 1}


def test_an_emergency_is_left_with_what_there_was(told_demo: PlayedDemo) -> None:
    home = told_demo.home
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
    told_demo: PlayedDemo,
) -> None:
    home, day = told_demo.home, day_of(told_demo)
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


def test_it_ends_with_the_path_of_a_page_of_charts(shown_demo: PlayedDemo) -> None:
    *_, sentence, path = shown_demo.printed.splitlines()
    assert "every candidate a chart" in sentence
    assert path.endswith(f"{SESSION}/report.html")
    folder = shown_demo.home.sessions / str(SESSION)
    page = (folder / "report.html").read_text("utf-8")
    drawn = re.findall(r'data-of="(daily|minutes)-([^"]+)"', page)
    candidates = json.loads((folder / "scan.json").read_text("utf-8"))["candidates"]
    entries = json.loads((folder / "entries.json").read_text("utf-8"))
    traded = {order["symbol"] for order in entries["orders"]}
    assert {name for kind, name in drawn if kind == "minutes"} == traded
    assert sum(kind == "daily" for kind, _ in drawn) == len(candidates)
    assert (folder / "minutes.parquet").is_file()


def test_the_status_after_it_is_healthy(told_demo: PlayedDemo) -> None:
    document = json.loads(told_demo.printed)
    page = document["body"]
    states = {stage["stage"]: stage["state"] for stage in page["stages"]}
    assert states == {stage.name: "done" for stage in playbook.STAGES}
    assert page["healthy"]
    assert document["exit_code"] == 0


def test_it_shows_candidates_stages_the_story_and_both_sides(shown_demo: PlayedDemo) -> None:
    for text in ("Candidates", "Stages", "refresh-cache  done", "The day's story", "avwap explain"):
        assert text in shown_demo.printed
    assert re.search(r"orders at the broker (\d+) = orders in the ledger \1;", shown_demo.printed)
    assert digests(shown_demo.home).keys() == EVENING | DAY


@pytest.mark.parametrize(("name", "typed"), [("avwap", "avwap"), ("other", "bin/avwap")])
def test_its_commands_are_written_as_they_can_be_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, typed: str
) -> None:
    for folder, file in (("bin", "avwap"), ("path", name)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr("sys.argv", ["bin/avwap", "demo"])
    page = Outcome("status", SESSION, State.DONE, "", body={"candidates": []})
    lines = next_steps(
        Home(tmp_path), SESSION, page, datetime(2026, 11, 23, 16, 20, tzinfo=EASTERN)
    )
    commands = [line.split()[0] for line in lines if "--home" in line]
    assert commands == [typed] * 4


@pytest.mark.stress
def test_the_same_bytes_under_another_hash_seed_time_zone_and_locale(
    shown_demo: PlayedDemo, tmp_path: Path
) -> None:
    play(
        tmp_path, "--json", PYTHONHASHSEED="4242", TZ="Asia/Tokyo",
        LC_ALL="tr_TR.UTF-8", LANG="tr_TR.UTF-8",
    )  # fmt: skip
    foreign = PlayedDemo(tmp_path / "not" / "yet", (tmp_path / "printed").read_text())
    assert digests(shown_demo.home) == digests(foreign.home)
    books = [(d.home.outputs / "exchange.json").read_bytes() for d in (shown_demo, foreign)]
    assert books[0] == books[1]
    story = day_of(foreign)["story"]
    assert len(story) > 15
    for line in story:
        assert line["text"] in shown_demo.printed


def test_the_demo_makes_the_home_that_is_named(shown_demo: PlayedDemo) -> None:
    around = shown_demo.around
    assert [p.name for p in around.iterdir()] == ["outputs"]
    assert [p.name for p in (around / "outputs").iterdir()] == ["demo"]
    assert (shown_demo.home.config / "default.yaml").is_file()


@pytest.mark.parametrize("now", [[], ["--now", "2026-11-20T20:15"]], ids=["today", "before"])
def test_its_positions_are_seen_with_the_home_alone(told_demo: PlayedDemo, now: list[str]) -> None:
    home = told_demo.home
    words = ["positions", "--home", str(home.root), "--json", *now]
    said = CliRunner().invoke(app, words, env={"ALPACA_API_KEY": "", "ALPACA_SECRET_KEY": ""})
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    books = json.loads((home.outputs / "exchange.json").read_text())
    there = {p["symbol"]: abs(int(p["qty"])) for p in books["positions"]}
    stops = {
        o["symbol"]: float(o["stop_price"])
        for o in orders_of(home)
        if o["status"] in ("new", "accepted", "held") and o["stop_price"] is not None
    }
    rows = told["body"]["positions"]
    assert {row["symbol"]: row["shares"] for row in rows} == there
    assert {row["symbol"]: row["stop"] for row in rows} == stops
    assert all(row["protected"] and row["broker_shares"] is None for row in rows)
    assert told["warnings"] == ["no broker is named: this is what the ledger says"]


def test_its_home_carries_its_settings(told_demo: PlayedDemo) -> None:
    desk = Desk(Choices(told_demo.home.root), {})
    (ledger,) = desk.ledgers.books()
    assert len(ledger.open) == 7
    own = {s.key: s.value for s in desk.config.settings if s.origin.startswith("config/")}
    assert own == {
        "data.provider": "synthetic",
        "data.synthetic_seed": 7,
        "earnings.provider": "files",
        "earnings.file": "cache/inbox/earnings.csv",
        "universe.iwv_file": "cache/inbox/iwv.csv",
        "universe.sp500_file": "cache/inbox/sp500.csv",
        "broker.mode": "exchange",
        "monitor.bars": "poll",
        "monitor.idle_s": 60,
        "risk.max_new_per_session": 8,
        "risk.max_new_per_group": 4,
    }
    assert isinstance(desk.clock, SystemClock), "no exchange is named whose time it could be"


def test_its_home_is_for_its_owner_alone(told_demo: PlayedDemo) -> None:
    home = told_demo.around / "outputs" / "demo"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert exposed(told_demo.around / "outputs") == [], "doctor has nothing to warn of"


def test_a_home_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    config = tmp_path / "outputs" / "demo" / "config" / "strategy_params.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("risk:\n  max_open: 4\n")
    with pytest.raises(UsageError, match="is not a demo's home"):
        run_evening(Home(tmp_path), 7, Choices(), Screen(io.StringIO(), io.StringIO()))
    assert [p.name for p in config.parent.iterdir()] == [config.name]


def test_a_second_run_shows_the_day_again_and_changes_nothing(
    shown_demo: PlayedDemo, told_demo: PlayedDemo, tmp_path: Path
) -> None:
    copy = copied(shown_demo, tmp_path)
    before = digests(copy.home)
    again = run_demo(copy.around)
    assert again.returncode == 0, again.stderr
    assert "was played before (unchanged)" in again.stdout
    assert again.stdout.count("(unchanged)") + again.stdout.count("(frozen)") == 4
    for line in day_of(told_demo)["story"]:
        assert line["text"] in again.stdout
    assert digests(copy.home) == digests(told_demo.home) == before


def test_a_day_that_was_broken_off_starts_over_from_the_evening(
    told_demo: PlayedDemo, tmp_path: Path
) -> None:
    home = copied(told_demo, tmp_path).home
    assert is_over(home, SESSION)
    (home.outputs / "exchange.json").unlink()
    assert not is_over(home, SESSION)
    clear_day(home, SESSION)
    assert digests(home).keys() == EVENING
    assert not home.ledgers.exists()
    runs = {p.name.rpartition("-")[0] for p in (home.sessions / str(SESSION) / "runs").iterdir()}
    runs.discard("config")
    assert runs == {"universe", "refresh-cache", "scan"}


@pytest.mark.soak
@pytest.mark.parametrize("seed", [3, 11])
def test_other_seeds_run_through(tmp_path: Path, seed: int) -> None:
    result = run_demo(tmp_path, "--seed", str(seed), "--json")
    assert result.returncode == 0, result.stderr
    assert "Traceback" not in result.stderr
    document = json.loads(result.stdout)
    told = {line["event"] for line in document["day"]["story"]}
    assert told >= {"gap", "entry", "partial_entry", "lost_answer", "trim", "exit", "close"}
    assert document["day"]["differences"] == []
    assert document["day"]["orders_at_broker"] == document["day"]["orders_in_ledger"] > 10
