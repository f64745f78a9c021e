"""The wiring of doctor's questions about this host: what runs here, with which room and rights,
when by itself, and who is told.
"""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from avwap_cli.adapters.clocks import SystemClock
from avwap_cli.adapters.host_checks import installed_packages, open_files
from avwap_cli.adapters.host_checks.seen_locks import seen_locks
from avwap_cli.playbook import current_session
from avwap_cli.review import checkups
from avwap_cli.review.checkups import Check, fail, listed, ok, skipped, warn
from avwap_cli.stages import doctor_data
from avwap_cli.stages.crontabs import checked
from avwap_cli.wiring.desk import Desk
from avwap_cli.wiring.local_time import zone_warnings

OLDEST_PYTHON = (3, 11)
PROGRAM = "avwap"


def python() -> Iterator[Check]:
    """Python and the packages."""
    here = platform.python_version()
    gone, other = installed_packages.missing(), installed_packages.unlike_the_lock()
    if sys.version_info < OLDEST_PYTHON:
        yield fail("python", f"Python {here}", "avwap needs Python 3.11 or newer")
    if gone:
        yield fail("python", f"not installed: {listed(gone)}", "install avwap again")
    if other:
        fix = "install requirements.lock, or trust what was never tested together"
        yield warn("python", f"other versions than tested: {listed(other)}", fix)
    if sys.version_info >= OLDEST_PYTHON and not gone and not other:
        by = "no lock file is here" if other is None else "packages as in the lock file"
        yield ok("python", f"Python {here}, {by}")


def disk(desk: Desk) -> Iterator[Check]:
    """Room where the home lies."""
    yield checkups.disk(shutil.disk_usage(desk.home.root).free, str(desk.home.root))


def folders(desk: Desk) -> Iterator[Check]:
    """Whether they can be written to."""
    home = desk.home
    inside = (home.outputs, home.sessions, home.ledgers, home.logs, home.locks, home.cache)
    shut = open_files.unwritable(home.root, inside)
    if shut:
        yield fail("folders", f"not ours to write to: {listed(shut)}", "mend owner and rights")
    else:
        yield ok("folders", "every folder can be written to")


def permissions(desk: Desk) -> Iterator[Check]:
    """Who can read what tells of the account."""
    found = open_files.exposed(desk.home.outputs)
    ledgers = [str(path) for path in found if open_files.LEDGER in path.name]
    yield doctor_data.exposed([*map(str, found)], ledgers, str(desk.home.outputs))


def locks(desk: Desk) -> Iterator[Check]:
    """Who holds one for too long."""
    yield from checkups.locks(seen_locks(desk.home.locks, SystemClock().now()))


def crontab(desk: Desk, program: Path, now: datetime) -> Iterator[Check]:
    """Whether the day runs by itself."""
    if program.name != PROGRAM:
        yield skipped("crontab", f"run as {program}: which path its lines must name is not known")
        return
    installed, host = desk.installed_crontab(), desk.cron_host()
    trades = desk.has_keys
    session = current_session(now)
    told = checked(installed, host, desk.home, program, session, trades=trades)
    fix = "install what `avwap crontab` prints; `avwap crontab --check` says more"
    if not told.exit_code:
        yield ok("crontab", told.summary)
    elif not (installed or "").strip():
        yield warn("crontab", f"nothing runs the day by itself ({host.named})", fix)
    else:
        yield fail("crontab", told.summary, fix)


def alerts(desk: Desk) -> Iterator[Check]:
    """Whether anybody is told, and what nobody was told yet."""
    values = desk.secrets.values
    named = desk.config.alerts.channel_names
    there = [name for name in named if values.get(name)]
    odd = [name for name in there if not urlsplit(values[name]).scheme]
    if odd:
        fix = "set it to a whole address, e.g. https://hooks.slack.com/services/..."
        yield fail("alerts", f"{listed(odd)} is no address", fix)
    elif not there:
        fix = f"set {named[0]} in .env, then try `avwap alerts test`" if named else "name a channel"
        yield warn("alerts", "no channel has an address: nobody is told anything", fix)
    else:
        yield ok("alerts", f"told by {listed(there)}")
        yield from checkups.undelivered(desk.alerts.undelivered())


def time_zone(desk: Desk) -> Iterator[Check]:
    """Whether this computer knows the zone it shows times in."""
    fix = "set TZ to a zone such as Europe/Berlin, or unset it; install tzdata where zones are missing"
    here = f"times here are shown in {datetime.now().astimezone():%Z}"
    yield from doctor_data.sentences("time zone", zone_warnings(desk.environment), fix, here)
