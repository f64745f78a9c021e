"""Apprise's channels: mail, Discord, Telegram, ntfy, JSON webhooks and a hundred more, by URL.

What the library logs can hold parts of an address, which no mask knows.  So nothing of it is
passed on but the HTTP status.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from avwap_cli.adapters.alerts.answers import Answer, refused
from avwap_cli.adapters.private_files import private_file
from avwap_cli.review.digests import Enclosure, Message, Severity

KINDS = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.PAGE: "failure"}
STATUS = re.compile(r"\berror=(\d{3})\b")


def is_known(url: str) -> bool:
    """Whether apprise can send to such an address."""
    return _plugin(url, 1.0) is not None


def takes_files(url: str) -> bool:
    """Whether apprise can send a file to such an address."""
    plugin = _plugin(url, 1.0)
    if plugin is None or not plugin.attachment_support:
        return False
    return "hook" not in str(getattr(plugin, "mode", ""))  # Slack's and others' by a webhook


def post_by_apprise(url: str, message: Message, timeout_s: float) -> Answer:
    """Send it; never raises for what the other side, or the library's plugin, does.

    Args:
        url: apprise's, a secret.
        timeout_s: for the connection and for each read.
    """
    from apprise import Apprise

    plugin = _plugin(url, timeout_s)
    if plugin is None:
        return Answer(False, "apprise knows no such address")
    sender = Apprise(asset=plugin.asset)
    sender.add(plugin)
    with _file_of(message.enclosure) as file:
        result = sender.notify(
            body=message.text or message.title,
            title=message.title,
            notify_type=KINDS[message.severity],
            body_format="text",
            attach=file,
        )
    if result:
        return Answer(True, "delivered by apprise")
    found = [STATUS.search(str(entry)) for entry in result.logs()]
    statuses = [int(match[1]) for match in found if match is not None]
    return refused(statuses[-1]) if statuses else Answer(False, "apprise had no answer", again=True)


@contextmanager
def _file_of(enclosure: Enclosure | None) -> Iterator[str | None]:
    """The picture as a file of its own for the time of the attempt: plugins open it by its path.

    Its folder is for its owner alone, and goes at the process's end at the latest.
    """
    if enclosure is None:
        yield None
        return
    with TemporaryDirectory(prefix="avwap-") as folder:
        path = Path(folder) / enclosure.name
        private_file(path)
        path.write_bytes(enclosure.png)
        yield str(path)


def _plugin(url: str, timeout_s: float) -> Any:
    from apprise import Apprise, AppriseAsset

    _silence()
    asset = AppriseAsset(
        app_id="avwap", app_desc="avwap", async_mode=False, service_timeout=0, http_redirects=False
    )
    plugin = Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if plugin is not None:
        plugin.socket_connect_timeout = plugin.socket_read_timeout = timeout_s
    return plugin


def _silence() -> None:
    """Keep the library's log from stderr, where Python puts what nobody handles."""
    logger = logging.getLogger("apprise")
    if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
        logger.addHandler(logging.NullHandler())
    logger.propagate = False
