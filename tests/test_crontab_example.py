"""crontab.example is what `avwap init` writes, and keeps to the windows of the playbook."""

from __future__ import annotations

import itertools
from datetime import time
from pathlib import Path

import pytest

from avwap_cli.home import Home
from avwap_cli.playbook import STAGES, Stage
from avwap_cli.stages.make_home import crontab

HOME = Path("/home/you/avwap")
PROGRAM = HOME / ".venv" / "bin" / "avwap"
FILE = Path(__file__).resolve().parent.parent / "crontab.example"
TEXT = FILE.read_text(encoding="utf-8")
LINES = TEXT.splitlines()
JOBS = [line.split() for line in LINES if str(PROGRAM) in line]
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


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
        if job[6] == stage.name:
            minutes, hours = (field(job[i], *RANGES[i]) for i in (0, 1))
            found += [time(hour, minute) for hour in hours for minute in minutes]
    return found


def test_it_is_what_init_writes() -> None:
    assert crontab(Home(HOME), PROGRAM) == TEXT


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
        assert cells[5:] == [str(PROGRAM), cells[6], "--quiet"]


def test_the_hours_are_new_york_hours() -> None:
    settings = [line for line in LINES if line.startswith("CRON_TZ=")]
    assert settings == ["CRON_TZ=America/New_York"]
    assert LINES.index(settings[0]) < min(LINES.index(line) for line in LINES if "*/15" in line)


def test_the_stages_are_all_there_and_in_order() -> None:
    assert list(dict.fromkeys(job[6] for job in JOBS)) == [stage.name for stage in STAGES]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_stage_is_asked_from_its_opening_until_it_is_expected(stage: Stage) -> None:
    asked = times(stage)
    opens, expected = stage.opens.at, stage.expected_by.at
    assert opens is not None
    assert expected is not None
    assert len(asked) == len(set(asked)), "two lines ask at one time"
    assert min(asked) == opens
    assert max(asked) >= expected.replace(minute=expected.minute // 15 * 15)
    minutes = [at.hour * 60 + at.minute for at in sorted(asked)]
    assert {b - a for a, b in itertools.pairwise(minutes)} == {15}
