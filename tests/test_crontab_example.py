"""crontab.example is what `avwap init` writes, and keeps to the windows of the playbook."""

from __future__ import annotations

import itertools
import shlex
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from avwap_cli import playbook
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.playbook import STAGES, Stage
from avwap_cli.stages.operations.schedules import crontab, schedules

HOME = Path("/home/you/avwap")
PROGRAM = HOME / ".venv" / "bin" / "avwap"
ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "crontab.example").read_text(encoding="utf-8")
LINES = TEXT.splitlines()
JOBS = [line.split() for line in LINES if str(PROGRAM) in line and not line.startswith("#")]
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
FULL_DAY, HALF_DAY = date(2024, 3, 8), date(2024, 11, 29)
TAIL = ["--quiet", "--lock-timeout", "0", ">>", '"$AVWAP_HOME/outputs/cron.log"', "2>&1"]


def field(text: str, low: int, high: int) -> list[int]:
    """The values that one of cron's five fields stands for."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, last = (low, high) if span == "*" else (int(n) for n in (span.split("-") * 2)[:2])
        assert low <= first <= last <= high
        found.update(range(first, last + 1, int(step or 1)))
    return sorted(found)


def times(stage: Stage) -> list[time]:
    """Every time of the day at which the crontab starts a stage."""
    found = []
    for job in JOBS:
        if tuple(job[6 : -len(TAIL)]) == stage.words:
            minutes, hours = (field(job[i], *RANGES[i]) for i in (0, 1))
            found += [time(hour, minute) for hour in hours for minute in minutes]
    return found


@pytest.mark.parametrize("name", schedules(Home(HOME), PROGRAM))
def test_the_files_are_what_init_writes(name: str) -> None:
    assert schedules(Home(HOME), PROGRAM)[name] == (ROOT / name).read_text(encoding="utf-8")


def test_every_line_is_a_comment_a_setting_or_a_job_of_five_fields() -> None:
    for line in LINES:
        if not line or line.startswith("#"):
            continue
        if line.split("=")[0] in ("CRON_TZ", "AVWAP_HOME"):
            continue
        cells = line.split()
        for i, (low, high) in enumerate(RANGES):
            assert field(cells[i], low, high)
        assert cells[2:5] == ["*", "*", "*"], "the program knows the sessions, not cron"
        assert cells[5] == str(PROGRAM)
        assert cells[-len(TAIL) :] == TAIL


def test_the_hours_are_new_york_hours_and_the_home_is_named() -> None:
    settings = [line for line in LINES if "=" in line.split(" ")[0] and line[0] != "#"]
    assert settings == ["CRON_TZ=America/New_York", f"AVWAP_HOME={HOME}"]
    first_job = next(i for i, line in enumerate(LINES) if str(PROGRAM) in line)
    assert all(LINES.index(line) < first_job for line in settings)


def test_the_stages_are_all_there_and_in_order() -> None:
    words = [tuple(job[6 : -len(TAIL)]) for job in JOBS]
    assert list(dict.fromkeys(words)) == [stage.words for stage in STAGES]


@pytest.mark.parametrize("stage", [s for s in STAGES if not s.trades], ids=lambda s: s.name)
def test_a_stage_of_the_evening_is_asked_until_it_is_expected(stage: Stage) -> None:
    asked = times(stage)
    opens, expected = stage.opens.at, stage.expected_by.at
    assert opens is not None
    assert expected is not None
    assert min(asked) == opens
    assert max(asked) >= expected.replace(minute=expected.minute // 15 * 15)


@pytest.mark.parametrize("stage", [s for s in STAGES if s.trades], ids=lambda s: s.name)
def test_a_stage_of_the_day_is_asked_from_the_first_minute_of_its_window_to_the_last(
    stage: Stage,
) -> None:
    asked = [datetime.combine(FULL_DAY, at, sessions.EASTERN) for at in times(stage)]
    opens, closes = playbook.windows(stage.name, FULL_DAY)
    assert min(asked) == opens
    assert closes - timedelta(minutes=stage.every_min) <= max(asked) < closes


@pytest.mark.parametrize("stage", STAGES, ids=lambda s: s.name)
def test_a_stage_is_asked_evenly_and_never_twice_at_once(stage: Stage) -> None:
    asked = times(stage)
    assert len(asked) == len(set(asked)), "two lines ask at one time"
    minutes = sorted(at.hour * 60 + at.minute for at in asked)
    assert {b - a for a, b in itertools.pairwise(minutes)} == {stage.every_min}


@pytest.mark.parametrize("stage", STAGES, ids=lambda s: s.name)
def test_a_half_day_needs_no_edit(stage: Stage) -> None:
    evening = HALF_DAY if stage.trades else sessions.previous_session(HALF_DAY)
    asked = [datetime.combine(evening, at, sessions.EASTERN) for at in times(stage)]
    assert any(playbook.is_open(stage.name, HALF_DAY, at) for at in asked)


def test_a_tick_can_stand_for_all_of_them() -> None:
    last = LINES[-1].removeprefix("# ").split()
    assert last[:5] == ["*"] * 5
    assert last[5:] == [str(PROGRAM), "tick", *TAIL]


def test_a_line_is_a_command_line_of_the_shell() -> None:
    job = next(line for line in LINES if " scan " in line)
    words = shlex.split(" ".join(job.split()[5:]))
    assert words[1:5] == ["scan", "--quiet", "--lock-timeout", "0"]
    assert words[-2] == "$AVWAP_HOME/outputs/cron.log"


def test_a_program_path_is_quoted_for_cron() -> None:
    text = crontab(Home(Path("/h")), Path("/opt/a b/50%/avwap"))
    assert r"'/opt/a b/50\%/avwap' scan --quiet" in text
