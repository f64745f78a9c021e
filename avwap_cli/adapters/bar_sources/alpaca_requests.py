"""Asking Alpaca: one GET with a timeout, own retries and a request budget.

alpaca-py has no timeout, and its retries ignore the vendor's headers; both are mended
here on the client's own session.  Answers are plain JSON, so that a new field or enum
value breaks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from alpaca.common.exceptions import APIError
from alpaca.common.rest import RESTClient
from requests.adapters import HTTPAdapter

from avwap_cli.adapters.bar_sources.rate_budget import LONGEST_WAIT_S, RateBudget, number
from avwap_cli.errors import ConfigError, SourceError
from avwap_cli.ports import Clock
from avwap_cli.settings import RetrySettings

CONNECT_S = 3.05
TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Refusal(SourceError):
    """The vendor understood the request and refuses it; asking again changes nothing.

    Attributes:
        status: the HTTP status.
        text: the body's first 300 characters.
    """

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(f"Alpaca refused the request with HTTP {status}: {text}")


class _Timeouts(HTTPAdapter):
    """A transport whose requests give up."""

    def __init__(self, read_s: float) -> None:
        super().__init__()
        self._timeout = (min(CONNECT_S, read_s), read_s)

    def send(self, *args: Any, **options: Any) -> requests.Response:
        options["timeout"] = options.get("timeout") or self._timeout
        return super().send(*args, **options)


@dataclass(frozen=True, slots=True)
class AlpacaRequests:
    """How one client asks.

    Attributes:
        client: any alpaca-py client; its own retries are switched off.
        retries: waits between tries, and the timeout.
        budget: shared by all clients of one key.
        clock: sleeps.
        jitter: gives a number in 0..1; a wait is stretched by up to half of itself.
    """

    client: RESTClient
    retries: RetrySettings
    budget: RateBudget
    clock: Clock
    jitter: Callable[[], float]

    def __post_init__(self) -> None:
        session = self.client._session
        self.client._retry = 0
        for scheme in ("http://", "https://"):
            session.mount(scheme, _Timeouts(self.retries.timeout_s))
        if urlsplit(str(self.client._base_url)).hostname in LOOPBACK:
            session.trust_env = False  # a proxy of the shell must not catch a local server
        session.hooks["response"].append(self._see)

    def _see(self, response: requests.Response, *_: Any, **__: Any) -> None:
        self.budget.seen(response.headers)

    def get(self, path: str, params: Mapping[str, str | int]) -> dict[str, Any]:
        """The JSON object at a path.

        Raises:
            ConfigError: the keys or the feed are not allowed.
            Refusal: another final no.
            SourceError: no good answer within the tries.
        """
        trouble = ""
        for wait in (*self.retries.page_waits_s, None):
            self.budget.wait()
            asked_for: float | None = None
            try:
                body = self.client.get(path, dict(params))
            except APIError as problem:
                trouble, asked_for = self._judge(problem)
            except (requests.RequestException, ValueError) as problem:
                trouble = f"{type(problem).__name__}: {str(problem)[:200]}"
            else:
                if isinstance(body, dict):
                    return body
                trouble = "the answer is no JSON object"
            if wait is not None:
                stretched = wait * (1 + self.jitter() / 2)
                self.clock.sleep(stretched if asked_for is None else min(asked_for, LONGEST_WAIT_S))
        tries = len(self.retries.page_waits_s) + 1
        raise SourceError(
            f"Alpaca gave no answer to {path} in {tries} tries ({trouble})",
            "run the command again later; what was downloaded is kept",
        )

    @staticmethod
    def _judge(problem: APIError) -> tuple[str, float | None]:
        """What went wrong, and the wait that the vendor asks for; raises where it is final."""
        response = problem.response
        status = 0 if response is None else int(response.status_code)
        text = " ".join(str(problem).split())[:300]
        if status in {401, 403, 422} and (status == 401 or "SIP" in text or "forbidden" in text):
            raise ConfigError(f"Alpaca denies access with HTTP {status}: {text}", _hint(text))
        if status not in TRY_AGAIN:
            raise Refusal(status, text) from problem
        asked_for = None if response is None else number(response.headers.get("Retry-After"))
        return f"HTTP {status}: {text[:200]}", asked_for


def _hint(text: str) -> str:
    if "SIP" in text:
        return "this key may not read SIP bars that young; wait 16 minutes or set data.feed: iex"
    return "check ALPACA_API_KEY and ALPACA_SECRET_KEY; paper and live keys differ"
