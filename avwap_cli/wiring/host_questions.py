"""The wiring of doctor's questions about this host: what runs here, with which room and rights,
when by itself, and who is told.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from avwap_cli.adapters.clocks import SystemClock
from avwap_cli.adapters.host_checks import installed_packages, open_files
from avwap_cli.adapters.host_checks.seen_locks import seen_locks
from avwap_cli.adapters.ledger.ledger_files import is_of_ledger
from avwap_cli.playbook import current_session
from avwap_cli.review.operations import host_checkups
from avwap_cli.review.operations.checkups import Check
from avwap_cli.stages.operations.crontabs import checked
from avwap_cli.wiring.desk import Desk
from avwap_cli.wiring.local_time import local, zone_warnings

PROGRAM = "avwap"


def python() -> Iterator[Check]:
    """Python and the packages."""
    missing, unlike = installed_packages.missing(), installed_packages.unlike_the_lock()
    yield from host_checkups.python(platform.python_version(), missing, unlike)


def disk(desk: Desk) -> Iterator[Check]:
    """Room where the home lies."""
    yield host_checkups.disk(_free_bytes(desk), str(desk.home.root))


def folders(desk: Desk) -> Iterator[Check]:
    """Whether they can be written to."""
    home = desk.home
    inside = (home.outputs, home.sessions, home.ledgers, home.logs, home.locks, home.cache)
    yield host_checkups.folders(open_files.unwritable(home.root, inside), _free_bytes(desk))


def permissions(desk: Desk) -> Iterator[Check]:
    """Who can read what tells of the account."""
    found = open_files.exposed(desk.home.outputs)
    ledgers = [path for path in found if is_of_ledger(path)]
    yield host_checkups.permissions(found, ledgers, str(desk.home.outputs))


def locks(desk: Desk) -> Iterator[Check]:
    """Who holds one for too long."""
    yield from host_checkups.locks(seen_locks(desk.home.locks, SystemClock().now()))


def crontab(desk: Desk, program: Path, now: datetime) -> Iterator[Check]:
    """Whether the day runs by itself."""
    if program.name != PROGRAM:
        yield host_checkups.unnamed_program(str(program))
        return
    installed, host = desk.installed_crontab(), desk.cron_host()
    session, trades = current_session(now), desk.has_keys
    told = checked(installed, host, desk.home, program, session, trades=trades)
    is_empty = not (installed or "").strip()
    well = not told.exit_code
    yield host_checkups.crontab(told.summary, well=well, is_empty=is_empty, host=host.named)


def alerts(desk: Desk) -> Iterator[Check]:
    """Whether anybody is told, and what nobody was told yet."""
    channels = host_checkups.channels(desk.config.alerts.channel_names, desk.secrets.values)
    yield channels
    if not channels.fix:
        yield from host_checkups.undelivered(desk.alerts.undelivered())


def time_zone(desk: Desk) -> Iterator[Check]:
    """Whether this computer knows the zone it shows times in."""
    here = f"{local(SystemClock().now()):%Z}"
    yield from host_checkups.time_zone(zone_warnings(desk.environment), here)


def _free_bytes(desk: Desk) -> int:
    return shutil.disk_usage(desk.home.root).free
