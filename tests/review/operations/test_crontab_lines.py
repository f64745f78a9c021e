"""Crontab lines: which start this program, when, where, for which home."""

from __future__ import annotations

import pytest

from avwap_cli.review.operations.crontab_lines import Job, jobs


def job(line: str, before: str = "") -> Job:
    (found,) = jobs(f"{before}\n{line}\n")
    return found


@pytest.mark.parametrize(
    ("fields", "at", "days"),
    [
        ("30 18 * * 1-5", {18 * 60 + 30}, {1, 2, 3, 4, 5}),
        ("*/20 9,10 * * mon-wed", {9 * 60, 9 * 60 + 20, 9 * 60 + 40, 600, 620, 640}, {1, 2, 3}),
        ("50/5 9 * * *", {590, 595}, set(range(7))),
        ("0 0 * * 7", {0}, {0}),
        ("0-10/5 0 * * SUN,6", {0, 5, 10}, {0, 6}),
        ("0 9 1 * *", {540}, set()),
        ("0 9 * jan *", {540}, set()),
        ("60 9 * * *", set(), set()),
        ("0 24 * * *", set(), set()),
        ("5-1 9 * * *", set(), set()),
        ("x 9 * * *", set(), set()),
        ("* * * * funday", set(), set()),
    ],
)
def test_its_times_are_read_as_cron_reads_them(fields: str, at: set[int], days: set[int]) -> None:
    found = job(f"{fields} /opt/avwap scan")
    assert (found.at, found.days) == (at, days)


def test_a_line_without_hours_is_ours_and_has_no_time() -> None:
    found = job("@reboot avwap tick")
    assert (found.command, found.at, found.days) == ("tick", frozenset(), frozenset())


@pytest.mark.parametrize(
    "line",
    [
        "# 0 9 * * * avwap scan",
        "0 9 * * * ls /srv/avwap /tmp",
        "0 9 * * * cd avwap && make",
        "0 9 * * * AVWAP_HOME=/srv/avwap other scan",
        "0 9 * * * myavwap scan",
        "0 9 * * *",
        "AVWAP_HOME=/srv/avwap",
        "",
    ],
)
def test_lines_of_others_are_none_of_ours(line: str) -> None:
    assert jobs(line) == ()


@pytest.mark.parametrize(
    ("line", "before", "home"),
    [
        ("* * * * * avwap tick", "AVWAP_HOME=/a", "/a"),
        ("* * * * * avwap tick", "AVWAP_HOME = '/a b'", "/a b"),
        ("* * * * * AVWAP_HOME=/b avwap tick", "AVWAP_HOME=/a", "/b"),
        ("* * * * * AVWAP_HOME=/b avwap --home /c tick", "AVWAP_HOME=/a", "/c"),
        ("* * * * * avwap tick --home=/d", "", "/d"),
        ("* * * * * avwap tick; echo --home /e", "", ""),
        ("* * * * * avwap tick", "", ""),
    ],
)
def test_the_nearest_word_names_its_home(line: str, before: str, home: str) -> None:
    assert job(line, before).home == home


def test_a_setting_holds_from_its_line_on() -> None:
    text = (
        '0 9 * * * avwap a\nCRON_TZ="UTC"\n0 9 * * * avwap b\nCRON_TZ=Asia/Tokyo\n0 9 * * * avwap c'
    )
    assert [(found.command, found.zone) for found in jobs(text)] == [
        ("a", ""), ("b", "UTC"), ("c", "Asia/Tokyo"),
    ]  # fmt: skip


def test_program_command_and_group_are_told_from_the_options() -> None:
    line = "26 9 * * 1-5 cd / && /opt/my\\ bin/avwap --set a.b=scan --quiet enter --group moo >> log 2>&1"
    found = job(line)
    assert (found.program, found.words) == ("/opt/my bin/avwap", ("enter", "--group", "moo"))
    assert found.typed == "enter --group moo"
    assert found.line == line
    assert job("0 9 * * * avwap scan 'not ended").command == "scan"
    assert job(r"0 9 * * * date +\%F; avwap scan").command == "scan"
