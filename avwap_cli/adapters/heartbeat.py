"""Heartbeat: one request after each stage, so that somebody notices when none comes."""

from __future__ import annotations

import logging
from threading import Thread

TIMEOUT_S = 5.0
_LOGGER = logging.getLogger(__name__)


def ping(url: str) -> None:
    """Ask for that address and forget the answer; at most 5 s, and never raises.

    The address is a secret of its own, so no message shows it.
    """
    asking = Thread(target=_ask, args=(url,), name="heartbeat", daemon=True)
    asking.start()
    # A server that sends a byte now and then would outlast the timeout of each read.
    asking.join(TIMEOUT_S)
    if asking.is_alive():
        _LOGGER.warning("the heartbeat had no answer within %g s", TIMEOUT_S)


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
