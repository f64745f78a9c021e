"""The wiring of the home's care: what `tidy` and `replay` ask of its archives, plugged in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from avwap_cli.adapters.leftovers import LeftoverFiles
from avwap_cli.adapters.session_archives import SessionArchives
from avwap_cli.stages.operations.tidy import TidyPorts
from avwap_cli.wiring.desk import Desk
from avwap_cli.wiring.trading_desk import DRY_RUN


def tidy_ports(desk: Desk) -> TidyPorts:
    """The sessions' folders and archives, and what rehearsals leave."""
    outputs = desk.home.outputs
    leftovers = LeftoverFiles(outputs, outputs / DRY_RUN, desk.config.logs.keep_days)
    return TidyPorts(SessionArchives(outputs), leftovers, desk.clock)


def archived(desk: Desk, session: date) -> Mapping[str, bytes]:
    """What the archive of that session holds, by the file's name; nothing without one.

    Raises:
        DamagedInput: it cannot be read.
    """
    return SessionArchives(desk.home.outputs).read(session)
