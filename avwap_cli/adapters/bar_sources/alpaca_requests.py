"""Asking Alpaca for data: a question, its retries, and what their end means to a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avwap_cli.adapters.alpaca_connection import TRY_AGAIN, AlpacaConnection, ErrorAnswer, Trouble
from avwap_cli.errors import ConfigError, SourceError


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


class Silence(SourceError):
    """No good answer came within the tries; the same question may have one later."""


@dataclass(frozen=True, slots=True)
class AlpacaRequests:
    """How one client asks.

    Attributes:
        connection: of the client.
        waits_s: before each further try.
    """

    connection: AlpacaConnection
    waits_s: Sequence[float]

    def get(self, path: str, params: Mapping[str, str | int]) -> dict[str, Any]:
        """The JSON object at a path.

        Raises:
            ConfigError: the keys or the feed are not allowed.
            Refusal: another final no.
            Silence: no good answer within the tries.
        """
        try:
            body: dict[str, Any] = self.connection.get(path, params, self.waits_s, dict)
        except ErrorAnswer as problem:
            if problem.status not in TRY_AGAIN:
                raise _final(problem) from problem
            raise self._tried(path, problem) from problem
        except Trouble as problem:
            raise self._tried(path, problem) from problem
        return body

    def _tried(self, path: str, problem: Trouble) -> Silence:
        tries = len(self.waits_s) + 1
        return Silence(
            f"Alpaca gave no answer to {path} in {tries} tries ({problem})",
            "run the command again later; what was downloaded is kept",
        )


def _final(problem: ErrorAnswer) -> ConfigError | Refusal:
    status, text = problem.status, problem.text
    if status in {401, 403, 422} and (status == 401 or "SIP" in text or "forbidden" in text):
        return ConfigError(f"Alpaca denies access with HTTP {status}: {text}", _hint(text))
    return Refusal(status, text)


def _hint(text: str) -> str:
    if "SIP" in text:
        return "this key may not read SIP bars that young; wait 16 minutes or set data.feed: iex"
    return "check ALPACA_API_KEY and ALPACA_SECRET_KEY; paper and live keys differ"
