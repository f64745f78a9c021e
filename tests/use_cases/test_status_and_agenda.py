"""The status page and the agenda, over a home that is empty, trades, or cannot be read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import traded_days as day
from held_positions import WED, moment

from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.trading.facts import Fact, HaltChange, HaltLevel
from avwap_cli.use_cases.status import status_page, timeline
from avwap_cli.wiring.desk import Choices, Desk

EVENING = "2024-03-05T20:15"


def desk(home: Path, now: str = EVENING, env: dict[str, str] | None = None, **more: Any) -> Desk:
    settings = {name.replace("__", "."): value for name, value in more.items()}
    settings["broker.mode"] = "exchange"
    return Desk(Choices(home=home, now=now, settings=settings, quiet=True), env or {})


def traded(home: Path, *facts: Fact) -> Path:
    """The path of a ledger with these facts beside those of `traded_days`."""
    path = home / "outputs" / "ledger" / "exchange-A1.sqlite3"
    path.parent.mkdir(parents=True, exist_ok=True)
    ledger = SqliteLedger.open(path, "A1")
    ledger.append(*day.FACTS, *facts)
    ledger.close()
    return path


def test_the_session_is_that_of_the_time_or_the_one_asked_for(tmp_path: Path) -> None:
    assert status_page(desk(tmp_path)).trade_session == WED
    assert status_page(desk(tmp_path, "2024-03-05T15:59")).trade_session == date(2024, 3, 5)
    assert status_page(desk(tmp_path), date(2024, 3, 1)).trade_session == date(2024, 3, 1)
    assert timeline(desk(tmp_path)).trade_session == WED
    assert timeline(desk(tmp_path), date(2024, 3, 1)).trade_session == date(2024, 3, 1)


def test_a_home_that_never_traded_has_no_positions_and_makes_no_ledger(tmp_path: Path) -> None:
    page = status_page(desk(tmp_path))
    assert not page.body.get("positions")
    assert page.body["halted"] is None
    assert not (tmp_path / "outputs" / "ledger").exists()


def test_what_is_held_and_what_is_halted_comes_from_the_ledger(tmp_path: Path) -> None:
    halted = HaltChange(moment(WED, "08:00"), HaltLevel.NO_ENTRIES, "person", "news", None)
    traded(tmp_path, halted)
    page = status_page(desk(tmp_path))
    assert [row["symbol"] for row in page.body["positions"]] == ["JKL"]
    assert page.body["halted"] == "no-entries (person: news)"
    (tmp_path / "HALT").write_text("flatten")
    assert status_page(desk(tmp_path)).body["halted"] == "flatten (the file HALT)"


def test_a_ledger_that_is_none_is_named_and_the_page_is_shown(tmp_path: Path) -> None:
    traded(tmp_path).write_bytes(b"no ledger")
    (tmp_path / "HALT").write_text("flatten")
    page = status_page(desk(tmp_path))
    assert any("exchange-A1.sqlite3" in warning for warning in page.warnings)
    assert page.body["halted"] == "flatten (the file HALT)"


def test_a_zone_that_nobody_knows_is_told_on_both_pages(tmp_path: Path) -> None:
    for show in (status_page, timeline):
        (told,) = [w for w in show(desk(tmp_path, env={"TZ": "Mars/Base"})).warnings if "TZ" in w]
        assert "Mars/Base" in told
        assert not any("TZ" in w for w in show(desk(tmp_path)).warnings)


SLACK = {"SLACK_WEBHOOK_URL": "https://hooks.example/x"}
DIGEST, PING = "a digest as it ends", "a heartbeat"


@pytest.mark.parametrize(
    ("env", "settings", "heard"),
    [
        ({}, {}, set()),
        (SLACK, {"alerts__on_success": "digest"}, {DIGEST}),
        (SLACK, {"alerts__on_success": "quiet"}, set()),
        ({}, {"alerts__on_success": "digest"}, set()),
        (SLACK, {"alerts__heartbeat_url": "PING"}, {DIGEST, PING}),
    ],
)
def test_the_agenda_says_who_hears_of_a_stage(
    tmp_path: Path, env: dict[str, str], settings: dict[str, str], heard: set[str]
) -> None:
    stages = timeline(desk(tmp_path, env=env, **settings)).body["stages"]
    assert len(stages) > 8
    for stage in stages:
        assert set(stage["also"]) & {DIGEST, PING} == heard
