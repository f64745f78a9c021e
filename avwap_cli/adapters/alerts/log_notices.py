"""Notices in the log, and with it on stderr: told at once and to whoever reads, channels or not.

What pages is an error, so that it is seen under `--quiet` too; everything else a warning.
"""

from __future__ import annotations

import logging

from avwap_cli.trading.facts import Notice


class LogNotifier:
    """Implements `ports.Notifier`; the log masks secrets and never raises.

    That a state is over its text says: a notice that begins none may as well be an event.
    """

    def __init__(self) -> None:
        self._logger = logging.getLogger(__name__)

    def tell(self, notice: Notice) -> None:
        """One line; `data` carries the notice's fields into the log's file."""
        level = logging.ERROR if notice.page and notice.begins else logging.WARNING
        data = {
            "session": notice.session.isoformat(),
            "kind": notice.kind,
            "key": notice.key,
            "page": notice.page,
            "begins": notice.begins,
        }
        self._logger.log(level, "%s: %s", notice.kind, notice.text, extra={"data": data})
