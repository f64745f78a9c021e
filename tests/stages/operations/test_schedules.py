"""The timers for systemd and launchd: one tick a minute, whose children outlive it."""

from __future__ import annotations

import configparser
import plistlib
from pathlib import Path

from avwap_cli.home import Home
from avwap_cli.stages.operations.schedules import TIMER, launchd, schedules, service

HOME, PROGRAM = Home(Path("/home/you/avwap")), Path("/opt/avwap/bin/avwap")
WORDS = ["tick", "--quiet", "--lock-timeout", "0"]


def unit(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, comment_prefixes=("#",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def test_the_systemd_service_is_one_tick_that_leaves_its_children_alone() -> None:
    read = unit(service(HOME, PROGRAM))
    assert read["Service"]["ExecStart"].split() == [str(PROGRAM), *WORDS]
    assert read["Service"]["Environment"] == "AVWAP_HOME=/home/you/avwap"
    assert read["Service"]["Type"] == "oneshot"
    assert read["Service"]["KillMode"] == "process", "else monitor would end with the tick"


def test_the_systemd_timer_fires_every_minute() -> None:
    read = unit(TIMER)
    assert read["Timer"]["OnCalendar"] == "*-*-* *:*:00"
    assert read["Install"]["WantedBy"] == "timers.target"


def test_a_path_is_quoted_for_systemd() -> None:
    text = service(Home(Path("/srv/my home")), Path("/opt/50%/a b/avwap"))
    assert 'ExecStart="/opt/50%%/a b/avwap" tick' in text
    assert 'Environment="AVWAP_HOME=/srv/my home"' in text


def test_the_launchd_job_is_one_tick_a_minute_that_leaves_its_children_alone() -> None:
    job = plistlib.loads(launchd(HOME, PROGRAM).encode())
    assert job["ProgramArguments"] == [str(PROGRAM), *WORDS]
    assert job["EnvironmentVariables"] == {"AVWAP_HOME": "/home/you/avwap"}
    assert job["StartCalendarInterval"] == {}, "no field: every minute"
    assert job["AbandonProcessGroup"] is True
    assert schedules(HOME, PROGRAM)[f"ops/{job['Label']}.plist"] == launchd(HOME, PROGRAM)
