"""The heartbeat by commands: heard from every stage that went well, and from no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from trading_rig import DAY, candidate, tape_of
from trading_street import TradingStreet, street_on
from watchmen import Watchman

FLAT = [("09:30", 100.0), ("16:00", 100.0)]
PLAN = (candidate("AAA", "rsi_mean_reversion", 1), candidate("BBB", "adx_pullback", 2))


@pytest.fixture
def street(tmp_path: Path, watchman: Watchman) -> Iterator[TradingStreet]:
    tape = tape_of({"AAA": {DAY: FLAT}, "BBB": {DAY: FLAT}})
    with street_on(tmp_path, tape) as one:
        one.plan(*PLAN)
        url = watchman.url
        one.settings["alerts.heartbeat_url"] = url
        yield one


def test_each_run_that_went_well_is_heard_once(street: TradingStreet, watchman: Watchman) -> None:
    street.run("enter", "--group", "moo")
    assert watchman.heard == ["/ping/s3cret-uuid"]
    street.run("enter", "--group", "moo")
    assert len(watchman.heard) == 2, "that nothing changed is as good"
    street.to("09:31")
    street.run("monitor", "--once")
    assert len(watchman.heard) == 3


def test_what_is_no_run_is_not_heard(street: TradingStreet, watchman: Watchman) -> None:
    for words in (
        ["enter", "--group", "boh"],  # not its time
        ["enter", "--group", "moo", "--dry-run"],
        ["positions"],
        ["status"],
        ["tick", "--dry-run"],
    ):
        street.run(*words)
    assert watchman.heard == []


def test_a_stage_that_fails_is_as_silent_as_one_that_never_ran(
    street: TradingStreet, watchman: Watchman
) -> None:
    street.run("enter", "--group", "moo")
    watchman.heard.clear()
    street.to("09:45:05")
    number = street.exchange.fault("500@GET /v2/positions")
    assert street.run("enter", "--group", "confirm").exit_code == 6
    street.exchange.context.faults.remove(number)
    for path in street.ledger.parent.glob("*.sqlite3*"):
        path.unlink()
    assert street.run("enter", "--group", "confirm").exit_code == 7
    assert watchman.heard == []


def test_a_halt_is_obeyed_and_so_it_is_heard(street: TradingStreet, watchman: Watchman) -> None:
    (street.home / "HALT").write_text("no-entries")
    assert street.run("enter", "--group", "moo").exit_code == 8
    assert len(watchman.heard) == 1


def test_the_address_is_shown_to_nobody(street: TradingStreet) -> None:
    street.settings["alerts.heartbeat_url"] = "http://127.0.0.1:9/ping/s3cret-uuid"
    result = street.run("enter", "--group", "moo")
    assert result.exit_code == 0
    assert "the heartbeat failed" in result.stderr
    assert "s3cret" not in result.output
    kept = [p for p in street.home.rglob("*") if p.is_file()]
    assert not [p for p in kept if b"s3cret-uuid" in p.read_bytes()]
