"""Calls: requests to an exchange as short lines, for the tests of its REST protocol."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.messages import Answer, Request


class Calls:
    """A client with the right keys: `calls.get("/v2/orders?status=all")` gives the JSON."""

    def __init__(self, exchange: LocalExchange) -> None:
        self.exchange = exchange
        self.headers = {
            "apca-api-key-id": exchange.keys.key_id,
            "apca-api-secret-key": exchange.keys.secret,
        }

    def send(self, method: str, target: str, body: object = None, **headers: str) -> Answer:
        """The bare answer; a body that is not bytes is sent as JSON."""
        path, _, query = target.partition("?")
        data = (
            b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        )
        pairs = tuple(parse_qsl(query, keep_blank_values=True))
        return self.exchange.handle(Request(method, path, pairs, {**self.headers, **headers}, data))

    def get(self, target: str) -> Any:
        answer = self.send("GET", target)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def order(self, **fields: object) -> dict[str, Any]:
        """POST of a market day order to buy one AAPL, changed by the fields."""
        body = {
            "symbol": "AAPL",
            "qty": "1",
            "side": "buy",
            "type": "market",
            "time_in_force": "day",
            **fields,
        }
        answer = self.send("POST", "/v2/orders", body)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def limit(self, price: str, **fields: object) -> dict[str, Any]:
        """POST of a limit order."""
        return self.order(type="limit", limit_price=price, **fields)

    def refusal(self, method: str, target: str, body: object = None) -> tuple[int, int | None, str]:
        """Status, code and message of a call that must be refused."""
        answer = self.send(method, target, body)
        assert answer.status >= 400, answer.body
        document = json.loads(answer.body)
        return answer.status, document.get("code"), document["message"]
