"""A trading day by its commands alone: what they do, say in JSON, and leave when run again."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from trading_rig import DAY, candidate, tape_of
from trading_street import TradingStreet, street_on

from avwap_cli.market import sessions

D = Decimal
OPENS_HIGHER = [("09:30", 99.5), ("09:50", 101.0), ("16:00", 101.2)]
PLAN = (
    candidate("AAA", "rsi_mean_reversion", 1),
    candidate("BBB", "adx_pullback", 2),
    candidate("CCC", "avwap", 3),
)
FINAL = [
    "20261123.rsi_mean_reversion.AAA.L.entry.1",
    "20261123.rsi_mean_reversion.AAA.L.stop.1",
    "20261123.adx_pullback.BBB.L.entry.1",
    "20261123.adx_pullback.BBB.L.stop.1",
    "20261123.avwap.CCC.L.entry.1",
    "20261123.avwap.CCC.L.stop.1",
]


class PlayedDay:
    """One day, its answers by the name of the step."""

    def __init__(self, street: TradingStreet) -> None:
        self.street = street
        self.said: dict[str, dict[str, Any]] = {}
        self.orders: dict[str, list[str]] = {}

    def do(self, step: str, *words: str) -> None:
        self.said[step] = self.street.told(*words)
        self.orders[step] = self.street.orders()

    def twice(self, step: str, *words: str) -> None:
        self.do(step, *words)
        self.do(f"{step} again", *words)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedDay]:
    """Three entries, one of each group, watched to the close and reported."""
    paths = {
        "AAA": {DAY: [("09:30", 100.0), ("16:00", 101.0)]},
        "BBB": {DAY: [("09:30", 100.0), ("09:45", 100.5), ("16:00", 100.5)]},
        "CCC": {DAY: OPENS_HIGHER},
    }
    with street_on(tmp_path_factory.mktemp("day"), tape_of(paths)) as street:
        street.plan(*PLAN)
        played = PlayedDay(street)
        played.do("dry", "enter", "--group", "moo", "--dry-run")
        played.twice("moo", "enter", "--group", "moo")
        street.to("09:31")
        played.twice("watch", "monitor", "--once")
        street.to("09:45:10")
        played.twice("confirm", "enter", "--group", "confirm")
        street.to("09:50:20")
        played.twice("boh", "enter", "--group", "boh")
        played.do("positions", "positions")
        played.do("orders", "orders", "--verify")
        played.do("agenda", "agenda")
        played.do("tick", "tick", "--dry-run")
        street.to("15:50")
        played.do("monitor", "monitor")
        street.to("16:01")
        played.do("monitor again", "monitor")
        street.to("16:16")
        played.twice("report", "report")
        played.twice("backup", "ledger", "backup")
        played.do("status", "status")
        yield played


def test_each_group_enters_its_candidate_at_its_time(day: PlayedDay) -> None:
    summaries = {step: day.said[step]["counts"] for step in ("moo", "confirm", "boh")}
    assert {step: (c["entered"], c["working"]) for step, c in summaries.items()} == {
        "moo": (0, 1),  # it waits for the open
        "confirm": (1, 0),
        "boh": (1, 0),
    }
    assert day.orders["report again"] == FINAL
    assert set(day.street.held()) == {"AAA", "BBB", "CCC"}


def test_a_dry_run_says_what_the_real_one_then_sends(day: PlayedDay) -> None:
    (would,) = day.said["dry"]["body"]["would"]
    assert FINAL[0] in would
    assert day.orders["dry"] == []
    assert day.said["dry"]["summary"].endswith("dry run, 1 order would be sent")


@pytest.mark.parametrize("step", ["moo", "watch", "confirm", "boh", "monitor", "report", "backup"])
def test_run_again_a_stage_changes_nothing_and_says_so(day: PlayedDay, step: str) -> None:
    again = f"{step} again"
    assert day.said[again]["state"] == "unchanged"
    # The report has copied the ledger, so the copy by hand is there already.
    assert day.said[step]["state"] == ("unchanged" if step == "backup" else "done")
    assert day.orders[again] == day.orders[step]
    assert "already" in day.said[again]["summary"] or "nothing" in day.said[again]["summary"]


def test_positions_tell_what_protects_them(day: PlayedDay) -> None:
    rows = {row["symbol"]: row for row in day.said["positions"]["body"]["positions"]}
    assert {s: row["strategy"] for s, row in rows.items()} == {
        "AAA": "rsi_mean_reversion",
        "BBB": "adx_pullback",
        "CCC": "avwap",
    }
    assert {s: D(str(row["shares"])) for s, row in rows.items()} == day.street.held()
    assert D(str(rows["CCC"]["stop"])) == 96
    assert D(str(rows["AAA"]["stop"])) < D("90.1"), "on the entry day the emergency level"
    assert day.said["positions"]["counts"]["unprotected"] == 0


def test_ledger_and_broker_stand_side_by_side(day: PlayedDay) -> None:
    told = day.said["orders"]
    assert (told["exit_code"], told["body"]["differences"]) == (0, [])
    rows = {row["id"]: (row["ledger"], row["broker"]) for row in told["body"]["orders"]}
    assert list(rows) == FINAL
    assert rows[FINAL[0]] == ("final", "filled")
    assert rows[FINAL[1]] == ("open", "new")


def test_the_day_and_what_is_due_are_told(day: PlayedDay) -> None:
    when = {row["stage"]: row["when"] for row in day.said["agenda"]["body"]["stages"]}
    assert (when["enter-boh"], when["report"]) == ("now", "later")
    assert "monitor" in day.said["tick"]["body"]["started"]
    assert "enter-moo" not in day.said["tick"]["body"]["started"]


def test_the_folder_tells_the_day(day: PlayedDay) -> None:
    store = day.street.store
    entries = store.read_json(DAY, "entries.json")
    assert [row["symbol"] for row in entries["orders"]] == ["AAA", "BBB", "CCC"]
    assert [row["filled_shares"] for row in entries["orders"]] == [
        float(day.street.held()[s]) for s in ("AAA", "BBB", "CCC")
    ]
    page = (store.folder(DAY) / "report.html").read_text()
    assert all(symbol in page for symbol in ("AAA", "BBB", "CCC"))
    equity = (store.folder(DAY) / "equity.jsonl").read_text().splitlines()
    assert len(equity) == 1
    states = {row["stage"]: row["state"] for row in day.said["status"]["body"]["stages"]}
    assert [states[s] for s in ("enter-moo", "enter-confirm", "monitor", "report")] == ["done"] * 4


def test_each_entry_is_told_once(day: PlayedDay) -> None:
    told = [row["text"] for row in day.street.alerts() if row["kind"] == "entry"]
    assert [text.split(":")[0] for text in told] == ["AAA", "BBB", "CCC"]


def test_a_stop_rests_for_the_night(day: PlayedDay) -> None:
    with day.street.exchange.reading() as venue:
        resting = {o.symbol: o for o in venue.orders() if str(o.status) == "new"}
    assert set(resting) == {"AAA", "BBB", "CCC"}
    assert {str(o.tif) for o in resting.values()} == {"gtc"}


def test_halt_flatten_has_monitor_sell_and_resume_ends_it(tmp_path: Path) -> None:
    paths = {"AAA": {DAY: [("09:30", 100.0), ("16:00", 100.0)]}}
    with street_on(tmp_path, tape_of(paths)) as street:
        street.plan(PLAN[0])
        street.run("enter", "--group", "moo")
        street.to("09:31")
        street.run("monitor", "--once")
        assert street.held() == {"AAA": D(100)}
        assert street.told("halt", "flatten", "--why", "away")["state"] == "done"
        assert street.told("halt", "flatten", "--why", "away")["state"] == "unchanged"
        assert street.held() == {"AAA": D(100)}, "a halt sends nothing itself"
        street.to("15:58")
        told = street.told("monitor")
        assert (told["exit_code"], told["counts"]["exits"]) == (0, 1)
        assert street.held() == {}
        (left,) = street.store.read_json(DAY, "exits.json")["exits"]
        assert (left["symbol"], left["reason"]) == ("AAA", "flatten")
        assert street.told("resume")["state"] == "done"
        assert street.told("resume")["state"] == "unchanged"
        halts = [row for row in street.alerts() if row["kind"] == "halt"]
        assert [(row["key"], row["begins"]) for row in halts] == [("halt.flatten", True)]
        street.to("16:16")
        street.run("report")
        trade = (street.store.folder(DAY) / "trades.jsonl").read_text()
        assert '"reason":"flatten"' in trade.replace(" ", "")


def test_what_was_entered_is_closed_on_the_next_days_plan(tmp_path: Path) -> None:
    following = sessions.next_session(DAY)
    flat = [("09:30", 100.0), ("16:00", 100.0)]
    with street_on(tmp_path, tape_of({"AAA": {DAY: flat, following: flat}})) as street:
        street.plan(PLAN[0])
        street.run("enter", "--group", "moo")
        street.to("15:59")
        street.run("monitor")
        row = {"symbol": "AAA", "strategy": "rsi_mean_reversion", "reason": "rsi_target"}
        body = {"trade_session": following, "positions": [row], "notes": []}
        street.store.write_json(following, "exits_planned.json", "avwap.exits_planned/1.0", body)
        street.to("09:29", following)
        assert street.told("monitor", "--once")["counts"]["exits"] == 0
        assert street.held() == {"AAA": D(100)}, "nothing is touched while the market is closed"
        for at in ("09:30:05", "09:30:10", "09:31:30"):
            street.to(at, following)
            street.run("monitor", "--once")
        assert street.held() == {}
