"""Recordings: what is kept of a session, and the first difference of two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import traded_days as day
from held_positions import MON, TUE, WED, moment
from memory_ledger import MemoryLedger

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.errors import DamagedInput
from avwap_cli.playbook import EXITS_PLANNED_JSON, SCAN_JSON
from avwap_cli.review.comparisons import Cause, Unread
from avwap_cli.review.runs import RunRecord
from avwap_cli.stages.day.story import write_story
from avwap_cli.stages.operations.recordings import Recording, differences, orders_of, recording
from avwap_cli.trading.books import Book, fold

SETTINGS = {"risk.max_open": 4, "alerts.channels": "me", "broker.mode": "paper"}
HASH = "0123456789abcdef"


def book() -> Book:
    return fold(MemoryLedger(*day.FACTS).facts())


def ran(stage: str, at: datetime, **changes: Any) -> RunRecord:
    made = RunRecord(
        stage=stage, trade_session=MON, as_of=MON, started=at, seconds=1.0, host="h", pid=1,
        code_version="1.0", config_hash=HASH, state="done",
    )  # fmt: skip
    return replace(made, **changes)


RUNS = [ran("scan", moment(MON, "08:00")), ran("monitor", moment(MON, "09:28"))]


def settings(_: str) -> Mapping[str, Any] | None:
    return SETTINGS


@pytest.fixture
def store(tmp_path: Path) -> ArtifactFiles:
    """A session with a scan, a plan of exits and a traded day."""
    files = ArtifactFiles(tmp_path)
    body = {"inputs": {"bars": "sha256:aa"}, "candidates": [{"symbol": "ABC", "stop": 95.0}]}
    files.write_json(MON, SCAN_JSON, "avwap.scan/1.0", body)
    files.write_json(MON, EXITS_PLANNED_JSON, "avwap.exits_planned/1.0", {"positions": []})
    write_story(files, book(), MON)
    return files


def kept(store: ArtifactFiles, runs: Any = (RUNS, []), settings_of: Any = settings) -> Recording:
    return recording(MON, store, runs, settings_of, book())


def changed(one: Recording, artifact: str, value: Any) -> Recording:
    return replace(one, day={**one.day, artifact: value})


def test_it_holds_evening_day_and_what_they_were_made_with(store: ArtifactFiles) -> None:
    found = kept(store)
    assert set(found.evening) == {SCAN_JSON, EXITS_PLANNED_JSON}
    assert set(found.day) == {
        "orders", "entries.json", "exits.json", "trades.jsonl", "equity.jsonl",
    }  # fmt: skip
    assert found.origins.inputs == {"bars": "sha256:aa"}
    assert found.origins.settings == {"risk.max_open": 4}, "who is told changes no artifact"
    assert (found.traded_by.inputs, found.traded_by.code) == (None, "1.0")
    assert "gapfilter.json" in found.gone
    assert found.beside == {}


def test_the_last_run_that_went_well_counts(store: ArtifactFiles) -> None:
    later = ran("scan", moment(MON, "08:30"), code_version="2.0")
    failed = replace(later, code_version="3.0", error="boom")
    assert kept(store, ([*RUNS, later, failed], [])).origins.code == "2.0"
    assert kept(store, ([], [])).origins.settings is None


def test_orders_are_those_that_stood_in_the_session_with_their_fills() -> None:
    orders = {order["id"]: order for order in orders_of(book(), MON)}
    assert list(orders) == sorted(orders)
    entry = orders[day.ABC.id]
    assert (entry["shares"], entry["status"], entry["filled_shares"]) == (100, "filled", 100)
    assert entry["fills"] == [{"shares": 60, "price": 100.0}, {"shares": 40, "price": 100.05}]
    assert orders[day.JKL_STOP.id]["stop_price"] == 95.0
    later = [order["id"] for order in orders_of(book(), WED)]
    assert day.JKL_STOP.id in later, "it stands on"
    assert day.ABC.id not in later


def test_the_same_twice_is_no_difference_and_has_one_hash(store: ArtifactFiles) -> None:
    one, other = kept(store), kept(store)
    assert differences(one, other) == []
    assert one.hash == other.hash
    assert one.hash != changed(one, "orders", []).hash


def test_other_prices_of_the_same_plan_are_a_matter_of_the_day(store: ArtifactFiles) -> None:
    before = kept(store)
    orders = [dict(order) for order in before.day["orders"]]
    orders[0]["filled_shares"] = 99
    (found,) = differences(before, changed(before, "orders", orders))
    assert (found.artifact, found.cause) == ("orders", Cause.PRICE)
    assert found.place is not None
    assert found.place.path[-1] == "filled_shares"


def test_what_the_scan_was_made_from_outweighs_what_it_says(store: ArtifactFiles) -> None:
    before = kept(store)
    scan = {**before.evening[SCAN_JSON], "candidates": []}
    now = changed(replace(before, evening={**before.evening, SCAN_JSON: scan}), "orders", [])
    assert [(d.artifact, d.cause, d.because) for d in differences(before, now)] == [
        (SCAN_JSON, Cause.CODE, "the same data, settings and version give something else"),
        ("orders", Cause.CODE, f"follows from {SCAN_JSON}"),
    ]
    revised = replace(now, origins=replace(now.origins, inputs={"bars": "sha256:bb"}))
    assert {d.cause for d in differences(before, revised)} == {Cause.DATA}
    assert differences(before, revised)[0].because == "bars: aa then, bb now"


def test_another_setting_of_the_day_explains_the_day(store: ArtifactFiles) -> None:
    before = kept(store)
    traded = replace(before.traded_by, settings={"risk.max_open": 5})
    (found,) = differences(before, changed(replace(before, traded_by=traded), "orders", []))
    assert (found.cause, found.because) == (Cause.CONFIG, "risk.max_open: 4 then, 5 now")


def test_what_is_torn_or_gone_is_named_and_not_compared(
    store: ArtifactFiles, tmp_path: Path
) -> None:
    whole = kept(store)
    (store.folder(MON) / SCAN_JSON).write_text("{torn")
    (store.folder(MON) / "exits.json").unlink()
    before = kept(store)
    assert isinstance(before.evening[SCAN_JSON], Unread)
    found = {d.artifact: d for d in differences(before, whole)}
    assert found.keys() == {SCAN_JSON, "exits.json"}
    assert found[SCAN_JSON].cause is Cause.DAMAGED
    assert found["exits.json"].cause is Cause.MISSING
    assert "put a good copy of it back" in found["exits.json"].because


def test_records_and_settings_that_cannot_be_read_are_told_first(store: ArtifactFiles) -> None:
    def torn(_: str) -> Mapping[str, Any]:
        raise DamagedInput("the settings are torn")

    before = kept(store, (RUNS, ["scan-2.json is torn"]), torn)
    assert before.origins.settings is None
    assert [(d.artifact, d.cause) for d in differences(before, kept(store))] == [
        ("runs", Cause.DAMAGED), (f"runs/config-{HASH[:12]}.json", Cause.DAMAGED),
    ]  # fmt: skip


def test_of_a_day_nobody_traded_nothing_is_missing(tmp_path: Path) -> None:
    nothing = recording(TUE, ArtifactFiles(tmp_path), ([], []), settings, None)
    assert (nothing.evening, nothing.day) == ({}, {})
    assert differences(nothing, nothing) == []


def test_another_day_after_an_edited_plan_is_no_matter_of_prices(store: ArtifactFiles) -> None:
    scan = ran("scan", moment(MON, "08:00"), outputs={SCAN_JSON: "00"})
    before = kept(store, ([scan, RUNS[1]], []))
    whole = changed(kept(store), "orders", [])
    (only, orders) = differences(before, whole)
    assert (only.artifact, only.cause, only.place) == (SCAN_JSON, Cause.EDITED, None)
    assert orders.cause is Cause.PRICE, "the plan says the same"
    plan = {**whole.evening, SCAN_JSON: {"candidates": []}}
    (_, orders) = differences(before, replace(whole, evening=plan))
    assert (orders.cause, orders.because) == (Cause.EDITED, f"may follow from {SCAN_JSON}")


def test_what_stands_beside_is_told_once(store: ArtifactFiles) -> None:
    lost = {"gapfilter.json": Unread(Cause.MISSING, "it is gone")}
    before = replace(kept(store), beside=lost)
    (found,) = differences(before, changed(kept(store), "gapfilter.json", {"candidates": []}))
    assert (found.artifact, found.because) == ("gapfilter.json", "it is gone")


def test_edited_lists_are_told_beside(store: ArtifactFiles) -> None:
    store.write_json(MON, "universe.json", "avwap.universe/1.0", {"members": 0})
    made = ran("universe", moment(MON, "07:00"), outputs={"universe.json": "00"})
    before = kept(store, ([made, *RUNS], []))
    assert before.beside["universe.json"].cause is Cause.EDITED
    assert [d.artifact for d in differences(before, kept(store))] == ["universe.json"]
