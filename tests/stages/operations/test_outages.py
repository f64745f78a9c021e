"""A host that was off for whole sessions says so once, in one sentence."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from memory_ledger import MemoryLedger

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.clocks import FixedClock
from avwap_cli.adapters.run_records import RunRecordFiles
from avwap_cli.market.sessions import EASTERN
from avwap_cli.review.runs import RunRecord
from avwap_cli.stages.operations.day_alerts import AlertPorts, DayAlerts
from avwap_cli.stages.operations.outages import lost_sessions
from avwap_cli.trading.facts import EquityClose, Notice

FRIDAY, MONDAY, TUESDAY, WEDNESDAY = (date(2024, 3, day) for day in (8, 11, 12, 13))


def at(day: date, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=EASTERN)


class Heard(list[Notice]):
    def tell(self, notice: Notice) -> None:
        self.append(notice)


class Host:
    """A home that traded on Friday, and whose report ran that evening."""

    def __init__(self, outputs: Path) -> None:
        self.store, self.runs = ArtifactFiles(outputs), RunRecordFiles(outputs)
        closed = EquityClose(at(FRIDAY, "16:15"), FRIDAY, Decimal(100_000), Decimal(0))
        self.ledger = MemoryLedger(closed)
        self.ran("report", FRIDAY, at(FRIDAY, "16:15"))

    def ran(self, stage: str, session: date, moment: datetime) -> None:
        self.runs.write(
            RunRecord(
                stage=stage, trade_session=session, as_of=session, started=moment, seconds=1.0,
                host="desk", pid=1, code_version="0.1.0", config_hash="", state="done",
                exit_code=0, ended=moment,
            )
        )  # fmt: skip

    def begins(self, stage: str, session: date, now: datetime) -> list[Notice]:
        """What is told as that stage begins."""
        heard = Heard()
        ports = AlertPorts(
            ledgers=lambda: nullcontext([self.ledger]), notifier=heard, store=self.store,
            runs=self.runs, clock=FixedClock(now), running_since=lambda stage: None,
            unable=lambda why: None, overlooked=lambda notices, now: None,
        )  # fmt: skip
        DayAlerts(ports, stage, session).begins()
        return heard


def test_two_lost_sessions_are_told_once_and_in_one(tmp_path: Path) -> None:
    host = Host(tmp_path)
    now = at(WEDNESDAY, "09:25")
    told = host.begins("gapfilter", WEDNESDAY, now)
    lost = [notice.text for notice in told if "2024-03-1" in notice.key and "ran" in notice.text]
    assert lost == [
        "no stage ran from 2024-03-11 to 2024-03-12 (2 sessions): nothing was entered, and only"
        " stops could close anything"
    ]
    assert [n for n in told if n.session in (MONDAY, TUESDAY)] == [], "no flood of their windows"
    assert host.begins("gapfilter", WEDNESDAY, now) == []
    host.ran("gapfilter", WEDNESDAY, now)
    assert [n for n in host.begins("monitor", WEDNESDAY, now) if "ran" in n.text] == []


def test_a_monitor_that_was_told_to_be_late_in_a_lost_session_is_over(tmp_path: Path) -> None:
    host = Host(tmp_path)
    key = f"late.monitor.{MONDAY}"
    late = Notice(at(MONDAY, "09:50"), MONDAY, "window", key, "monitor does not run", begins=True)
    host.ledger.append(late)
    told = host.begins("gapfilter", WEDNESDAY, at(WEDNESDAY, "09:25"))
    assert [(n.text, n.begins) for n in told if n.key == key] == [("its window is over", False)]


def test_a_session_is_lost_when_its_last_window_is_over() -> None:
    def ran(day: date) -> bool:
        return day == FRIDAY

    days = (FRIDAY,)
    assert lost_sessions(TUESDAY, at(MONDAY, "19:59"), days, ran) == ()
    assert lost_sessions(TUESDAY, at(MONDAY, "20:00"), days, ran) == (MONDAY,)
    morning = at(WEDNESDAY, "09:00")
    assert lost_sessions(WEDNESDAY, morning, days, ran) == (MONDAY, TUESDAY)
    assert lost_sessions(WEDNESDAY, morning, (FRIDAY, WEDNESDAY), ran) == (MONDAY, TUESDAY)
    assert lost_sessions(WEDNESDAY, morning, (), ran) == (), "a new home"
    assert lost_sessions(WEDNESDAY, morning, days, lambda day: False) == (), "it never ran"


def test_an_outage_of_a_year_is_as_long_as_it_was() -> None:
    lost = lost_sessions(
        date(2025, 3, 10), at(date(2025, 3, 10), "10:00"), (FRIDAY,), FRIDAY.__eq__
    )
    assert (lost[0], lost[-1]) == (MONDAY, date(2025, 3, 7))
    assert len(lost) == 249  # 52 weeks, less the eleven days that the exchange was closed
