"""What a doctor says of this computer, and of who is told."""

from __future__ import annotations

import pytest

from avwap_cli.review.operations import host_checkups
from avwap_cli.review.operations.host_checkups import LockSeen


@pytest.mark.parametrize(
    ("version", "missing", "unlike", "states", "said"),
    [
        ("3.11.2", [], [], ["ok"], "Python 3.11.2, packages as in the lock file"),
        ("3.13.0rc1", [], None, ["ok"], "Python 3.13.0rc1, no lock file is here"),
        ("3.9.18", [], [], ["fail"], "Python 3.9.18"),
        ("3.12.1", ["numpy"], ["rich 1 (tested: 2)"], ["fail", "warn"], "not installed: numpy"),
    ],
)
def test_python_and_its_packages(
    version: str, missing: list[str], unlike: list[str] | None, states: list[str], said: str
) -> None:
    found = host_checkups.python(version, missing, unlike)
    assert [str(check.state) for check in found] == states
    assert found[0].measured == said


def test_an_open_ledger_is_worse_than_an_open_page() -> None:
    both = host_checkups.permissions(["a.sqlite3", "report.html"], ["a.sqlite3"], "/o")
    assert (str(both.state), both.measured) == ("fail", "others can read a.sqlite3")
    page = host_checkups.permissions(["report.html"], [], "/o")
    assert (str(page.state), page.fix) == ("warn", "run `chmod -R go= /o`")
    assert host_checkups.permissions([], [], "/o").state == "ok"


def test_a_channel_needs_an_address_and_the_address_is_not_shown() -> None:
    named, address = ("SLACK", "PHONE"), "hooks.example/secret"
    odd = host_checkups.channels(named, {"SLACK": address, "PHONE": "tgram://1/2"})
    assert (str(odd.state), odd.measured) == ("fail", "SLACK is no address")
    assert address not in odd.fix
    assert host_checkups.channels(named, {"PHONE": "tgram://1/2"}).measured == "told by PHONE"
    nobody = host_checkups.channels(named, {"SLACK": ""})
    assert (str(nobody.state), "set SLACK in .env" in nobody.fix) == ("warn", True)
    assert host_checkups.channels((), {}).fix == "name a channel"


def test_a_crontab_that_is_empty_warns_and_a_wrong_one_fails() -> None:
    told = [
        host_checkups.crontab("2 lines are wrong", well=well, is_empty=empty, host="cron")
        for well, empty in ((True, False), (False, True), (False, False))
    ]
    assert [(str(check.state), check.measured) for check in told] == [
        ("ok", "2 lines are wrong"),
        ("warn", "nothing runs the day by itself (cron)"),
        ("fail", "2 lines are wrong"),
    ]


def test_a_dead_holder_names_the_file_that_it_left() -> None:
    left = LockSeen("scan", None, "process 1 on here", True, "scan.holder.json")
    (check,) = host_checkups.locks([left])
    assert str(check.state) == "warn"
    assert check.fix.startswith("remove outputs/locks/scan.holder.json;")
