"""status reads what the stages left in a home and says where the session stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.clocks import FixedClock
from avwap_cli.adapters.run_records import RunRecordFiles
from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.runs import RunRecord
from avwap_cli.stages.operations.status import TradingState, status
from avwap_cli.stages.outcomes import Outcome

TRADE, AS_OF = date(2024, 3, 8), date(2024, 3, 7)
EVENING = datetime(2024, 3, 7, 20, 15, tzinfo=EASTERN)
CANDIDATE = {
    "rank": 1, "symbol": "ADP", "strategy": "avwap", "direction": "long", "entry": 244.0,
    "stop": 240.3, "r1": 247.7, "score": 0.84, "metadata": {},
}  # fmt: skip


def nobody(stage: str) -> datetime | None:
    return None


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., Outcome]:
    files = ArtifactFiles(tmp_path)

    def run(
        now: datetime = EVENING,
        session: date | None = None,
        running: Callable[[str], datetime | None] = nobody,
    ) -> Outcome:
        clock = FixedClock(now)
        return status(files, RunRecordFiles(tmp_path), clock, running, session)

    return run


def write_evening(home: Path, candidates: list[dict[str, Any]]) -> None:
    files = ArtifactFiles(home)
    files.write_json(TRADE, "universe.json", "avwap.universe/1.0", {"as_of": AS_OF})
    coverage = {"expected": 2985, "with_bar": 2980, "frac": 0.9983}
    cache = {"as_of": AS_OF, "provider": "alpaca", "feed": "sip", "coverage": coverage}
    files.write_json(TRADE, "cache.json", "avwap.cache/1.0", cache)
    body = {"regime": {"name": "TREND", "direction": "up"}, "candidates": candidates}
    files.write_json(TRADE, "scan.json", "avwap.scan/1.0", body)


def states(outcome: Outcome) -> list[str]:
    """Of the evening's stages."""
    return [str(line["state"].value) for line in outcome.body["stages"]][:3]


def day(outcome: Outcome) -> dict[str, str]:
    """Of the trading day's stages, by name."""
    return {line["stage"]: str(line["state"].value) for line in outcome.body["stages"][3:]}


def test_an_empty_home_says_what_to_do(ask: Callable[..., Outcome], tmp_path: Path) -> None:
    outcome = ask()
    assert outcome.trade_session == TRADE
    assert states(outcome) == ["overdue", "due", "due"]
    assert outcome.exit_code == 9
    assert outcome.summary.endswith("run `avwap universe --session 2024-03-08`")
    assert list(tmp_path.iterdir()) == [], "status writes nothing"


def test_a_finished_evening(ask: Callable[..., Outcome], tmp_path: Path) -> None:
    write_evening(tmp_path, [CANDIDATE])
    outcome = ask()
    assert states(outcome) == ["done", "done", "done"]
    assert outcome.exit_code == 0
    assert outcome.summary == "1 candidate for 2024-03-08, as of 2024-03-07"
    assert outcome.body["candidates"] == (
        {key: value for key, value in CANDIDATE.items() if key != "metadata"},
    )


def test_the_next_evening_shows_the_older_bars_as_stale(
    ask: Callable[..., Outcome], tmp_path: Path
) -> None:
    write_evening(tmp_path, [CANDIDATE])
    outcome = ask(now=datetime(2024, 3, 8, 18, 30, tzinfo=EASTERN))
    assert outcome.trade_session == date(2024, 3, 11)
    assert outcome.body["data"]["state"] == "stale"
    assert "the newest session with results is 2024-03-08" in outcome.summary


def test_another_session_can_be_asked_for_and_locks_are_not_its_business(
    ask: Callable[..., Outcome], tmp_path: Path
) -> None:
    write_evening(tmp_path, [])
    late = datetime(2024, 3, 20, 12, tzinfo=EASTERN)
    outcome = ask(now=late, session=TRADE, running=lambda stage: late)
    assert states(outcome) == ["done", "done", "done"]
    assert outcome.summary == "the scan for 2024-03-08 kept no candidate"


def test_a_held_lock_is_a_running_stage(ask: Callable[..., Outcome]) -> None:
    outcome = ask(running=lambda stage: EVENING if stage == "scan" else None)
    assert states(outcome)[2] == "running"


def test_damaged_files_are_said(ask: Callable[..., Outcome], tmp_path: Path) -> None:
    write_evening(tmp_path, [CANDIDATE])
    folder = tmp_path / "sessions" / "2024-03-08"
    (folder / "scan.json").write_bytes(b'{"schema": "avwap.sc')
    (folder / "runs").mkdir()
    (folder / "runs" / "scan-1.json").write_bytes(b"")
    outcome = ask()
    assert outcome.exit_code == 9
    assert states(outcome) == ["done", "done", "failed"]
    assert "scan.json is not JSON" in outcome.summary
    assert any("scan-1.json is not JSON" in warning for warning in outcome.warnings)
    assert any("scan.json is not JSON" in warning for warning in outcome.warnings)


@pytest.mark.parametrize("stage", ["universe", "refresh-cache", "scan"])
@pytest.mark.parametrize("damage", ["", "[]", "[" * 100_000, '{"schema": "avwap.%s/9.0"}'])
def test_a_document_that_cannot_be_read_is_a_failed_stage(
    stage: str, damage: str, ask: Callable[..., Outcome], tmp_path: Path
) -> None:
    write_evening(tmp_path, [CANDIDATE])
    name = {"refresh-cache": "cache"}.get(stage, stage)
    path = tmp_path / "sessions" / "2024-03-08" / f"{name}.json"
    path.write_text(damage.replace("%s", name))
    outcome = ask()
    line = next(each for each in outcome.body["stages"] if each["stage"] == stage)
    assert (outcome.exit_code, line["state"]) == (9, "failed")
    assert path.name in line["note"]
    assert any(path.name in warning for warning in outcome.warnings)


def test_the_last_run_of_a_stage_counts(ask: Callable[..., Outcome], tmp_path: Path) -> None:
    write_evening(tmp_path, [CANDIDATE])
    records = RunRecordFiles(tmp_path)
    for minute, state, code in ((0, "failed", 5), (5, "done", 0)):
        records.write(
            RunRecord(
                stage="scan",
                trade_session=TRADE,
                as_of=AS_OF,
                started=EVENING.replace(minute=minute),
                seconds=1.25,
                host="desk",
                pid=1,
                code_version="0.1.0",
                config_hash="",
                state=state,
                exit_code=code,
                counts={"candidates": 1},
            )
        )
    outcome = ask()
    assert states(outcome)[2] == "done"
    assert outcome.body["stages"][2]["seconds"] == 1.25
    assert outcome.body["stages"][2]["counts"] == {"candidates": 1}


def test_the_day_has_its_rows_and_counts_where_this_home_has_traded(tmp_path: Path) -> None:
    files, runs = ArtifactFiles(tmp_path), RunRecordFiles(tmp_path)
    write_evening(tmp_path, [CANDIDATE])
    files.write_json(TRADE, "gapfilter.json", "avwap.gapfilter/1.0", {})
    files.write_text(TRADE, "report.html", "<p>")
    noon = FixedClock(datetime(2024, 3, 8, 12, tzinfo=EASTERN))
    page = status(files, runs, noon, nobody, None, TradingState("no-entries (person: news)"))
    assert day(page) == {
        "gapfilter": "done", "enter-moo": "missing", "monitor": "overdue",
        "enter-confirm": "missing", "enter-boh": "overdue", "report": "done",
    }  # fmt: skip
    assert page.body["halted"] == "no-entries (person: news)"
    assert page.exit_code == 9
    assert status(files, runs, noon, nobody, None).exit_code == 0, "a home that only looks"
    broken = status(files, runs, noon, nobody, None, TradingState(problems=("no ledger",)))
    assert "no ledger" in broken.warnings
