"""Run digests: the health line, and what becomes of a run's end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.run_records import RunRecordFiles
from avwap_cli.errors import BrokerError, LockBusy, MissingInput
from avwap_cli.market import sessions
from avwap_cli.review.digests import Enclosure, Message, Run
from avwap_cli.review.runs import RunRecord
from avwap_cli.stages.operations.run_digests import DigestPorts, RunDigest, health_of
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.facts import Notice

DAY = date(2024, 3, 8)
EVENING = datetime(2024, 3, 7, 20, 15, tzinfo=sessions.EASTERN)


@dataclass
class Sent:
    """Keeps what would be sent."""

    notices: list[Notice] = field(default_factory=list)
    messages: list[Message | None] = field(default_factory=list)
    pictures: list[Enclosure | None] = field(default_factory=list)
    kept: int = 0

    def begins(self, run: Run) -> None:
        pass

    def ends(
        self,
        digest: Callable[[Sequence[Notice]], Message | None],
        draw: Callable[[], Enclosure | None] | None = None,
    ) -> None:
        self.messages.append(digest(self.notices))
        self.pictures.append(None if draw is None else draw())

    def keeps(self) -> None:
        self.kept += 1


@dataclass
class Now:
    """A clock that stands, or that cannot be asked."""

    at: datetime | None = EVENING + timedelta(hours=13)

    def now(self) -> datetime:
        if self.at is None:
            raise BrokerError("the exchange is gone")
        return self.at

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody sleeps here")


@pytest.fixture
def ports(tmp_path: Path) -> DigestPorts:
    store, runs = ArtifactFiles(tmp_path), RunRecordFiles(tmp_path)
    return DigestPorts(Sent(), store, runs, Now(), "paper", lambda day: f"{day}/report.html", False)


def scanned(ports: DigestPorts, session: date, candidates: int, exit_code: int = 0) -> None:
    """A scan's record of that session, 20:15 the evening before."""
    at = datetime.combine(sessions.previous_session(session), EVENING.time(), sessions.EASTERN)
    record = RunRecord(
        "scan", session, sessions.previous_session(session), at, 1.0, "host", 1, "1", "hash",
        "done", exit_code, counts={"candidates": candidates}, ended=at,
    )  # fmt: skip
    ports.runs.write(record)  # type: ignore[attr-defined]


def test_the_scan_is_set_against_the_twenty_sessions_before(ports: DigestPorts) -> None:
    day, counts = DAY, [4, 9, 1, 1, 2, 3, 5, 6, 7, 7, 8, 8, 9, 9, 9, 2, 2, 3, 12, 0]
    for count in counts:
        day = sessions.previous_session(day)
        scanned(ports, day, count)
    scanned(ports, sessions.previous_session(day), 1000)
    scanned(ports, DAY, 3)
    scanned(ports, DAY, 99, exit_code=5)
    found = health_of(ports, DAY)
    assert (found.candidates, found.median, found.scans) == (3, 5.5, 20)
    assert found.scan_age_s == 13 * 3600
    assert (found.feed, found.bars) == ("", "missing")


def test_a_damaged_file_leaves_its_part_out(ports: DigestPorts, tmp_path: Path) -> None:
    ports.store.write_json(DAY, "cache.json", "avwap.cache/1.0", {"as_of": 3})
    path = next(tmp_path.rglob("cache.json"))
    path.write_bytes(b"\xff" * 10)
    assert health_of(ports, DAY).bars == "missing"


def outcome(stage: str, **more: object) -> Outcome:
    return Outcome(stage, DAY, State.DONE, "all of it", **more)  # type: ignore[arg-type]


def test_the_report_of_a_run_names_its_page(ports: DigestPorts) -> None:
    with RunDigest(ports, "report", DAY) as digest:
        digest.ended(outcome("report", outputs={"report.html": "sha"}))
    (message,) = ports.sender.messages  # type: ignore[attr-defined]
    assert message.foot[0] == "2024-03-08/report.html"


def test_a_clock_that_cannot_be_asked_hides_no_message(ports: DigestPorts) -> None:
    scanned(ports, DAY, 3)
    ports.clock.at = None  # type: ignore[attr-defined]
    with RunDigest(ports, "monitor", DAY) as digest:
        digest.ended(outcome("monitor"))
    (message,) = ports.sender.messages  # type: ignore[attr-defined]
    assert message.lines == ("all of it",)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), LockBusy("busy")])
def test_a_run_that_was_stopped_or_never_began_sends_nothing(
    ports: DigestPorts, error: BaseException
) -> None:
    with pytest.raises(type(error)), RunDigest(ports, "monitor", DAY):
        raise error
    sent: Sent = ports.sender  # type: ignore[assignment]
    assert (sent.kept, sent.messages) == (1, [])


def test_a_failure_is_told_as_one(ports: DigestPorts) -> None:
    sent: Sent = ports.sender  # type: ignore[assignment]
    sent.notices.append(Notice(EVENING, DAY, "stage", "failed.scan", "scan failed: no bars"))
    with pytest.raises(MissingInput), RunDigest(ports, "scan", DAY):
        raise MissingInput("no bars")
    (message,) = sent.messages
    assert message is not None
    assert message.title == "warning avwap paper: scan 2024-03-08 failed"


def test_a_rehearsal_has_no_end_to_tell(ports: DigestPorts) -> None:
    with RunDigest(ports, "scan", DAY):
        pass
    assert ports.sender.messages == [None]  # type: ignore[attr-defined]


def test_only_a_scan_that_is_done_and_found_something_is_drawn(ports: DigestPorts) -> None:
    def draw(body: Mapping[str, object], session: date) -> Enclosure:
        return Enclosure(f"{session}.png", repr(body["candidates"]).encode())

    drawn: list[Enclosure | None] = []
    found = {"candidates": [{"symbol": "KO"}]}
    for name, body, state in (
        ("scan", found, State.DONE),
        ("scan", found, State.UNCHANGED),
        ("scan", found, State.REFUSED),
        ("scan", {"candidates": []}, State.DONE),
        ("report", found, State.DONE),
    ):
        for draws in (replace(ports, picture=draw, sender=Sent()), replace(ports, sender=Sent())):
            with RunDigest(draws, name, DAY) as digest:
                digest.ended(replace(outcome(name, body=body), state=state))
            drawn += draws.sender.pictures  # type: ignore[attr-defined]
    assert drawn == [Enclosure("2024-03-08.png", b"[{'symbol': 'KO'}]"), *[None] * 9]
