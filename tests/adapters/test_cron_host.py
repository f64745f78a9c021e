"""Which cron a host has, told by what is installed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from avwap_cli.adapters.cron_host import (
    Answer,
    ask_host,
    cron_host,
    crontab_in,
    installed_crontab,
)
from avwap_cli.errors import InputError

Said = dict[str, Answer]


class Programs:
    """Programs of a host, by what is typed."""

    def __init__(self, said: Said) -> None:
        self.said = said

    def __call__(self, words: Sequence[str]) -> Answer | None:
        return self.said.get(" ".join(words))


CRONIE: Said = {"crontab -V": Answer(0, "cronie 1.7.2\n", "")}
FEDORA: Said = {
    "crontab -V": Answer(1, "", "invalid option"),
    "crond -V": Answer(0, "", "cronie-1.5.7"),
}
VIXIE: Said = {
    "crontab -V": Answer(1, "", "crontab: invalid option -- 'V'"),
    "dpkg-query -W -f ${Version} cron": Answer(0, "3.0pl1-162", ""),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A file system with a zone."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "localtime").symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    return tmp_path


def test_cronie_names_itself_and_honours_the_zone(root: Path) -> None:
    (root / "etc" / "debian_version").write_text("13.1\n")
    found = cron_host(Programs(CRONIE), root, root, "linux")
    assert (found.cron, found.honours_cron_tz) == ("cronie 1.7.2", True)
    found = cron_host(Programs(FEDORA), root, root, "linux")
    assert (found.cron, found.honours_cron_tz) == ("cronie 1.5.7", True)


def test_debians_own_cron_does_not(root: Path) -> None:
    (root / "etc" / "debian_version").write_text("12.11\n")
    found = cron_host(Programs(VIXIE), root, root, "linux")
    assert (found.cron, found.honours_cron_tz) == ("Debian's cron 3.0pl1-162", False)
    assert found.time_zone == "Europe/Berlin"
    assert not found.tells_new_york_time


def test_busybox_does_not_and_is_not_asked(root: Path) -> None:
    folder = root / "usr" / "sbin"
    folder.mkdir(parents=True)
    (folder / "busybox").touch(mode=0o755)
    (folder / "crond").symlink_to("busybox")
    found = cron_host(Programs({}), root, root, "linux")
    assert (found.cron, found.honours_cron_tz) == ("busybox crond", False)


def test_nothing_is_assumed_of_others(root: Path) -> None:
    assert cron_host(Programs({}), root, root, "linux").cron == ""
    mac = cron_host(Programs({"crontab -V": Answer(0, "cronie 9", "")}), root, root, "darwin")
    assert (mac.cron, mac.honours_cron_tz) == ("cron of macOS", False)


def test_the_zone_is_that_of_the_hosts_clock(root: Path) -> None:
    (root / "etc" / "localtime").unlink()
    assert cron_host(Programs({}), root, root, "linux").time_zone == ""
    (root / "etc" / "timezone").write_text("America/New_York\n")
    found = cron_host(Programs({}), root, root, "linux")
    assert found.time_zone == "America/New_York"
    assert found.tells_new_york_time


def test_a_timer_that_is_switched_on_is_seen(root: Path) -> None:
    place = root / ".config" / "systemd" / "user" / "timers.target.wants"
    place.mkdir(parents=True)
    (place / "avwap-tick.timer").symlink_to("/nowhere/avwap-tick.timer")
    found = cron_host(Programs({}), root, root, "linux")
    assert found.timers == (str(place / "avwap-tick.timer"),)


def test_the_installed_crontab() -> None:
    assert installed_crontab(Programs({"crontab -l": Answer(0, "* * * * * x\n", "")})) == (
        "* * * * * x\n"
    )
    nobody = Answer(1, "", "no crontab for you")
    assert installed_crontab(Programs({"crontab -l": nobody})) == ""
    assert installed_crontab(Programs({})) is None


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"# caf\xe9\n")
    assert crontab_in(tmp_path / "lines").startswith("# caf")
    with pytest.raises(InputError, match=r"cannot read .*absent"):
        crontab_in(tmp_path / "absent")


def test_a_pipe_or_a_device_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path(os.devnull), tmp_path):
        with pytest.raises(InputError, match=f"{path} is not a file"):
            crontab_in(path)


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (b"* * * * * avwap\n\x00\x01", "line 2 is not text"),
        (b"\xff\xfe\xfd", "line 1 is not text"),
        (b"\x7fELF\x02\x01\x01\x03", "line 1 is not text"),
        (b"# a comment\n" * 90_000, "more than 1,000,000 bytes"),
    ],
)
def test_a_file_that_is_no_crontab_is_not_taken_for_an_empty_one(
    tmp_path: Path, held: bytes, why: str
) -> None:
    (tmp_path / "lines").write_bytes(held)
    with pytest.raises(InputError, match=f"lines is no crontab: .*{why}") as caught:
        crontab_in(tmp_path / "lines")
    assert caught.value.exit_code == 4


def test_a_program_that_is_not_there_says_nothing() -> None:
    assert ask_host(("no-such-program-of-any-host", "-V")) is None
    assert ask_host(("true",)) == Answer(0, "", "")
