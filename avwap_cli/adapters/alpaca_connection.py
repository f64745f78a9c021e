"""Speaking to Alpaca: one request, sent once, with a timeout, a budget and a clear end.

alpaca-py has no timeout, repeats orders by itself and ignores the vendor's headers; all three
are mended here on the client's own session.  Answers are plain JSON, so that a new field or
enum value breaks nothing.  A request ends in one of four ways: an answer, `NotSent`,
`NoAnswer` or `ErrorAnswer`; only questions (GET) are ever repeated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from alpaca.common.exceptions import APIError
from alpaca.common.rest import RESTClient
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.exceptions import NewConnectionError

from avwap_cli.adapters.rate_budget import LONGEST_WAIT_S, RateBudget, number
from avwap_cli.ports import Clock

CONNECT_S = 3.05
NO_CONTENT = 204
TOO_MANY = 429
TRY_AGAIN = frozenset({408, 425, TOO_MANY, 500, 502, 503, 504})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LONGEST_TEXT = 300


class Trouble(Exception):
    """A request that came to no good answer; its text says how."""


class NotSent(Trouble):
    """No connection was made: nothing reached the other side."""


class NoAnswer(Trouble):
    """It was sent, and no usable answer came back."""


class ErrorAnswer(Trouble):
    """An answer with an error status.

    Attributes:
        status: the HTTP status.
        body: the answer's text, whole.
        wait_s: the wait that its `Retry-After` asks for; None = it does not say.
    """

    def __init__(self, status: int, body: str, wait_s: float | None) -> None:
        self.status = status
        self.body = body
        self.wait_s = wait_s
        super().__init__(f"HTTP {status}: {self.text}")

    @property
    def text(self) -> str:
        """The body's first 300 characters, on one line."""
        return " ".join(self.body.split())[:LONGEST_TEXT]


class Timeouts(HTTPAdapter):
    """A transport whose requests give up."""

    def __init__(self, read_s: float) -> None:
        super().__init__()
        self._timeout = (min(CONNECT_S, read_s), read_s)

    def send(self, *args: Any, **options: Any) -> requests.Response:
        options["timeout"] = options.get("timeout") or self._timeout
        return super().send(*args, **options)


class AlpacaConnection:
    """One client of alpaca-py, its timeouts and retries mended.

    Args:
        client: any client with `raw_data`; its own retries are switched off.
        timeout_s: of each request.
        budget: shared by all clients that the same limit counts.
        clock: sleeps between the tries of a question.
        jitter: gives a number in 0..1; a wait is stretched by up to half of itself.
        transport: takes the requests instead of the network.
    """

    def __init__(
        self,
        client: RESTClient,
        timeout_s: float,
        budget: RateBudget,
        clock: Clock,
        jitter: Callable[[], float] | None = None,
        transport: BaseAdapter | None = None,
    ) -> None:
        self._client = client
        self._budget = budget
        self._clock = clock
        self._jitter = jitter or random.Random().random
        self._status = 0
        client._retry = 0
        session = client._session
        for scheme in ("http://", "https://"):
            session.mount(scheme, transport or Timeouts(timeout_s))
        if urlsplit(str(client._base_url)).hostname in LOOPBACK:
            session.trust_env = False  # a proxy of the shell must not catch a local server
        session.hooks["response"].append(self._see)

    def ready(self) -> None:
        """Wait until the budget lets the next request go out at once."""
        self._budget.ready()

    def send(self, method: str, path: str, data: Mapping[str, Any] | None = None) -> Any:
        """The JSON that answers one request, sent once; None for an answer without content.

        Raises:
            NotSent, NoAnswer, ErrorAnswer.
        """
        verbs: dict[str, Callable[..., Any]] = {
            "GET": self._client.get,
            "POST": self._client.post,
            "PATCH": self._client.patch,
            "DELETE": self._client.delete,
        }
        self._budget.wait()
        try:
            body = verbs[method](path, None if data is None else dict(data))
        except APIError as problem:
            raise _error_answer(problem) from None
        except (requests.RequestException, ValueError) as problem:
            raise trouble_of(problem) from None
        if body is None and self._status != NO_CONTENT:
            raise NoAnswer(f"HTTP {self._status} with an empty body")
        return body

    def get(
        self, path: str, params: Mapping[str, str | int], waits_s: Sequence[float], kind: type
    ) -> Any:
        """The JSON value of that kind (dict or list) at a path, asked for until it comes.

        Raises:
            NotSent, NoAnswer, ErrorAnswer: what the last try came to; an error that asking
                again cannot change, at once.
        """
        last: Trouble = NoAnswer("not asked")
        for wait in (*waits_s, None):
            asked_for: float | None = None
            try:
                body = self.send("GET", path, params)
                if isinstance(body, kind):
                    return body
                last = NoAnswer(f"the answer is no JSON {kind.__name__}")
            except ErrorAnswer as problem:
                if problem.status not in TRY_AGAIN:
                    raise
                last, asked_for = problem, problem.wait_s
            except (NotSent, NoAnswer) as problem:
                last = problem
            if wait is not None:
                stretched = wait * (1 + self._jitter() / 2)
                self._clock.sleep(
                    stretched if asked_for is None else min(asked_for, LONGEST_WAIT_S)
                )
        raise last

    def _see(self, response: requests.Response, *_: Any, **__: Any) -> None:
        self._budget.seen(response.headers)
        self._status = response.status_code
        if 300 <= response.status_code < 400:
            raise requests.RequestException(f"HTTP {response.status_code}: sent elsewhere")


def _error_answer(problem: APIError) -> ErrorAnswer:
    response = problem.response
    if response is None:
        return ErrorAnswer(0, str(problem), None)
    wait_s = number(response.headers.get("Retry-After"))
    return ErrorAnswer(int(response.status_code), response.text, wait_s)


def trouble_of(problem: Exception) -> Trouble:
    """What a failure of `requests` means: whether anything was sent decides what may be done."""
    text = f"{type(problem).__name__}: {str(problem)[:LONGEST_TEXT]}"
    cause = problem.args[0] if problem.args else None
    refused = isinstance(getattr(cause, "reason", None), NewConnectionError)
    if refused or isinstance(problem, requests.ConnectTimeout):
        return NotSent(text)
    return NoAnswer(text)
