"""Pings: one request after each stage, so that somebody notices when none comes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from threading import Thread
from time import monotonic
from urllib.parse import urlsplit, urlunsplit

TIMEOUT_S = 5.0
FAIL = "/fail"
_LOGGER = logging.getLogger(__name__)


def ping(*urls: str) -> None:
    """Ask for these addresses and forget the answers; at most 5 s in all, and never raises.

    An address is a secret of its own, so no message shows it.
    """
    until = monotonic() + TIMEOUT_S
    asking: Sequence[Thread] = [
        Thread(target=_ask, args=(url,), name="ping", daemon=True) for url in urls
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        # A server that sends a byte now and then would outlast the timeout of each read.
        thread.join(max(until - monotonic(), 0))
        if thread.is_alive():
            _LOGGER.warning("the heartbeat had no answer within %g s", TIMEOUT_S)


def failing(url: str) -> str:
    """The address that tells of a failure, as healthchecks and its like have it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + FAIL))


def _ask(url: str) -> None:
    import requests

    try:
        with requests.get(url, timeout=TIMEOUT_S, stream=True) as answer:
            status = answer.status_code
    except (requests.RequestException, OSError, ValueError) as problem:
        _LOGGER.warning("the heartbeat failed: %s", type(problem).__name__)
        return
    if status >= 400:
        _LOGGER.warning("the heartbeat failed: HTTP %d", status)
