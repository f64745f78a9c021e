"""The account's page: its flags and the answer's time, or which sentence there is instead."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from avwap_cli.adapters.broker.account_pages import AccountPage, account_page
from avwap_cli.adapters.broker.doors import Door
from avwap_cli.errors import AvwapError, BrokerError, BrokerUnreachable

PAPER = Door("paper", "https://paper.example", "https://data.example", "wss://paper.example", None)
DATE = "Thu, 07 Mar 2024 20:15:00 GMT"


class Wire(BaseAdapter):
    """Answers once, or has no connection."""

    def __init__(self, status: int = 200, body: str = "{}", **heads: str) -> None:
        super().__init__()
        self.status, self.body, self.heads = status, body, heads
        self.asked: list[requests.PreparedRequest] = []
        self.kept: dict[str, Any] = {}

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:  # type: ignore[override]
        self.asked.append(request)
        self.kept = more
        if not self.status:
            raise requests.ConnectionError("refused by 10.0.0.7")
        answer = requests.Response()
        answer.status_code, answer._content = self.status, self.body.encode()
        answer.headers.update(self.heads)
        answer.request, answer.url = request, str(request.url)
        return answer

    def close(self) -> None:
        pass


def ask(wire: Wire) -> AccountPage:
    return account_page(PAPER, "PK1", "the-secret", 7.5, wire)


def test_one_question_brings_the_flags_and_the_time() -> None:
    wire = Wire(body='{"status": "ACTIVE", "trading_blocked": false}', Date=DATE)
    page = ask(wire)
    assert page.flags == {"status": "ACTIVE", "trading_blocked": False}
    assert page.date == datetime(2024, 3, 7, 20, 15, tzinfo=UTC)
    (request,) = wire.asked
    assert (request.method, request.url) == ("GET", "https://paper.example/v2/account")
    assert request.headers["APCA-API-KEY-ID"] == "PK1"
    assert request.headers["APCA-API-SECRET-KEY"] == "the-secret"
    assert wire.kept["timeout"] == 7.5


@pytest.mark.parametrize("head", [{}, {"Date": "yesterday"}], ids=["none", "odd"])
def test_an_answer_without_a_time_is_an_answer(head: dict[str, str]) -> None:
    assert ask(Wire(**head)).date is None


@pytest.mark.parametrize(
    ("wire", "kind", "text", "hint"),
    [
        (Wire(0), BrokerUnreachable, "does not answer (ConnectionError)", "connection"),
        (Wire(401), BrokerError, "refuses the keys (HTTP 401)", "for the paper account"),
        (Wire(403, "no json"), BrokerError, "refuses the keys (HTTP 403)", ".env"),
        (Wire(500), BrokerError, "answers with HTTP 500", "try again"),
        (Wire(200, "<html>"), BrokerError, "answers with HTTP 200", "try again"),
        (Wire(200, "[]"), BrokerError, "answers with HTTP 200", "try again"),
        (Wire(302, Location="https://evil.example"), BrokerError, "HTTP 302", "try again"),
    ],
)
def test_anything_else_is_named_and_no_secret_is_in_it(
    wire: Wire, kind: type[AvwapError], text: str, hint: str
) -> None:
    with pytest.raises(kind) as caught:
        ask(wire)
    assert text in caught.value.message
    assert hint in caught.value.hint
    assert "the-secret" not in str(caught.value)
    assert len(wire.asked) == 1, "keys go nowhere else"
