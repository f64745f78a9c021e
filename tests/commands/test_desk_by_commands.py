"""The crontab and the watched status, typed as a person types them."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from avwap_cli.adapters import cron_host
from avwap_cli.adapters.cron_host import Answer
from avwap_cli.cli import app
from avwap_cli.market.sessions import EASTERN
from avwap_cli.terminal import live_pages

KEYS = ("ALPACA_API_KEY", "ALPACA_SECRET_KEY", "AVWAP_HOME")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without keys."""
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    place = tmp_path / "home"
    assert CliRunner().invoke(app, ["init", str(place)]).exit_code == 0
    return place


def typed(home: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--home", str(home)])


def test_the_printed_lines_pass_the_check_and_others_do_not(home: Path) -> None:
    printed = typed(home, "crontab")
    assert printed.exit_code == 0
    assert f"AVWAP_HOME={home}" in printed.stdout.splitlines()
    lines = home / "lines"
    lines.write_text(printed.stdout)
    good = typed(home, "crontab", "--check", "--user-lines", str(lines))
    assert (good.exit_code, good.stderr) == (0, "")
    lines.write_text(printed.stdout.replace(str(home), "/elsewhere"))
    bad = typed(home, "crontab", "--check", "--user-lines", str(lines), "--json")
    found = json.loads(bad.stdout)
    assert (bad.exit_code, found["exit_code"]) == (9, 9)
    assert found["body"]["faults"][0]["wrong"] == "wrong path"
    assert "/elsewhere" in found["body"]["faults"][0]["text"]


def test_the_installed_crontab_is_asked_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = cron_host.installed_crontab.__defaults__
    assert asked is not None
    monkeypatch.setattr(
        cron_host.installed_crontab, "__defaults__", (lambda words: Answer(1, "", "no crontab"),)
    )
    said = typed(home, "crontab", "--check")
    assert said.exit_code == 9
    assert "missing: universe: nothing asks `avwap universe`, from 18:30" in said.stdout
    assert "gapfilter" not in said.stdout, "without keys nobody trades here"


@pytest.mark.parametrize("words", [("agenda",), ("status",), ("crontab",)])
def test_a_zone_that_nobody_knows_is_named_once(
    home: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("TZ", "Mars/Base")
    said = typed(home, *words)
    told = "warning: the zone TZ names, 'Mars/Base', is not known; times here are shown in UTC\n"
    assert said.stderr.count(told) == 1
    assert "Mars" not in said.stdout
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert "zone" not in typed(home, *words).stderr


def test_the_agenda_names_the_zones_of_its_times(home: Path) -> None:
    head, *rows = typed(home, "agenda", "--session", "2024-03-08").stdout.splitlines()[2:]
    assert "window (ET)" in head
    assert "expected by (ET)" in head
    zone = datetime(2024, 3, 7, 18, 30, tzinfo=EASTERN).astimezone().strftime("%H:%M %Z")
    assert zone in rows[0]


def test_a_file_that_is_not_there_is_named(home: Path) -> None:
    said = typed(home, "crontab", "--user-lines", str(home / "absent"))
    assert said.exit_code == 4
    assert "absent" in said.stderr


@pytest.mark.parametrize("every", ["inf", "nan", "0", "-1", "-inf", "1e400"])
def test_a_status_is_not_watched_at_no_pace(
    home: Path, every: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        live_pages.Watching.__init__, "__defaults__", (lambda _: pytest.fail("it sleeps"), None)
    )
    said = typed(home, "status", "--watch", "--every", every)
    assert said.exit_code == 2
    assert "--every" in said.output


def test_a_watched_status_ends_with_0_though_something_is_overdue(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(live_pages.Watching.__init__, "__defaults__", (sleep, None))
    said = typed(home, "status", "--watch", "--every", "3", "--json", "--now", "2024-03-07T23:45")
    pages = [json.loads(line) for line in said.stdout.splitlines()]
    assert (said.exit_code, slept, len(pages)) == (0, [3.0, 3.0], 2)
    assert pages[0]["exit_code"] == 9, "each page says it"
    assert pages[0]["body"]["timeline"]["bars"][0]["mark"] == "overdue"
    assert typed(home, "status", "--now", "2024-03-07T23:45").exit_code == 9


@pytest.mark.parametrize(
    "words",
    [["crontab"], ["crontab", "--check"], ["tick", "--dry-run"], ["explain", "AAPL"],
     ["chart", "AAPL"], ["config", "check"]],
    ids=" ".join,
)  # fmt: skip
def test_a_folder_that_is_no_home_is_not_spoken_of_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.delenv("AVWAP_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 2
    assert f"{tmp_path} is not a home of avwap" in said.stderr
    assert "avwap init" in said.stderr


def test_the_status_of_no_home_says_so_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AVWAP_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    lines = CliRunner().invoke(app, ["status"]).stdout.splitlines()
    looks = [line for line in lines if line.startswith("Look: ")]
    assert looks[0] == f"Look: {tmp_path} is not a home of avwap; make one with `avwap init`"


def test_the_status_of_a_home_does_not(home: Path) -> None:
    assert "is not a home" not in typed(home, "status").stdout


@pytest.mark.parametrize(
    ("word", "choices"),
    [("halt", "the levels are no-entries, reduce-only, flatten"),
     ("enter", "the groups are moo, confirm, boh")],
)  # fmt: skip
def test_what_must_be_chosen_is_named(home: Path, word: str, choices: str) -> None:
    said = typed(home, word)
    assert said.exit_code == 2
    assert choices in said.stderr
