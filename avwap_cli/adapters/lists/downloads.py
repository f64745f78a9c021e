"""Downloads: one web page or file, whole, within limits, from a site made for browsers.

A refusal (403, 404) is final; a connection that breaks, a 429 or a server's own error is
tried again after each wait.  An answer that is shorter than it said it would be, or that
drips without end, is no answer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

from avwap_cli.adapters.lists.list_text import MAX_BYTES
from avwap_cli.errors import SourceError
from avwap_cli.ports import Clock

HEADERS = {
    "User-Agent": (
        "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0 Safari/537.36"
    ),
    "Accept": "text/html,text/csv,application/xhtml+xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.9",
}
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
CHUNK = 1 << 16
PATIENCE = 10


@dataclass(frozen=True, slots=True)
class Download:
    """What came back.

    Attributes:
        url: where it came from in the end, after redirects.
        body: the bytes, decompressed.
        fetched: when (aware): the later of our clock and the server's, so that a
            rehearsed past does not make today's list look old.
    """

    url: str
    body: bytes
    fetched: datetime


class _TryAgain(Exception):
    """This try failed in a way that another may not."""


def fetch(url: str, *, timeout_s: float, waits_s: Sequence[float], clock: Clock) -> Download:
    """Get `url`.

    Raises:
        SourceError: refused, or no whole answer within the tries; says which and why.
    """
    for wait in (*waits_s, None):
        try:
            return _get(url, timeout_s, clock)
        except _TryAgain as problem:
            if wait is None:
                tries = len(waits_s) + 1
                raise SourceError(
                    f"{url} did not answer in {tries} tries: {problem}",
                    "try later, or give a downloaded file with --from FILE",
                ) from problem
            clock.sleep(wait)
    raise AssertionError("the last try returns or raises")


def _get(url: str, timeout_s: float, clock: Clock) -> Download:
    try:
        with requests.get(url, headers=HEADERS, timeout=timeout_s, stream=True) as answer:
            _check_status(answer.status_code, url)
            body = _body(answer, url, timeout_s * PATIENCE)
            fetched = max(clock.now(), _server_time(answer.headers.get("Date", "")))
            return Download(answer.url, body, fetched)
    except (
        requests.exceptions.InvalidURL,
        requests.exceptions.MissingSchema,
        requests.exceptions.InvalidSchema,
        requests.exceptions.TooManyRedirects,
    ) as problem:
        raise SourceError(f"{url!r} cannot be asked: {problem}", "check the address") from problem
    except (requests.RequestException, OSError) as problem:
        raise _TryAgain(_short(problem)) from problem


def _check_status(status: int, url: str) -> None:
    if status in AGAIN:
        raise _TryAgain(f"status {status}")
    if status == 403:
        raise SourceError(
            f"{url} refuses this program (403), as it does robots",
            "download the file in a browser and give it with --from FILE",
        )
    if status != 200:
        raise SourceError(f"{url} answered with status {status}", "check the address")


def _body(answer: requests.Response, url: str, within_s: float) -> bytes:
    began = time.monotonic()
    body = bytearray()
    for chunk in answer.iter_content(CHUNK):
        body += chunk
        if len(body) > MAX_BYTES:
            raise SourceError(
                f"{url} sent more than {MAX_BYTES >> 20} MB", "a list has less; check the address"
            )
        if time.monotonic() - began > within_s:
            raise _TryAgain(f"still sending after {within_s:.0f} s")
    promised = answer.headers.get("Content-Length", "")
    plain = "Content-Encoding" not in answer.headers
    if plain and promised.isdecimal() and int(promised) != len(body):
        raise _TryAgain(f"cut short, {len(body)} of {promised} bytes")
    return bytes(body)


def _server_time(text: str) -> datetime:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _short(problem: Exception) -> str:
    cause = problem.args[0] if problem.args else problem
    reason = getattr(cause, "reason", None) or cause
    return f"{type(problem).__name__} ({str(reason)[:200]})"
