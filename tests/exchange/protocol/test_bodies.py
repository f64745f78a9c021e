"""Bodies: JSON objects, and everything that is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avwap_cli.exchange.protocol.bodies import json_object
from avwap_cli.exchange.protocol.messages import Request
from avwap_cli.exchange.refusals import Refusal


def posted(body: bytes) -> Request:
    return Request("POST", "/v2/orders", body=body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"1",
        b"null",
        b"{'symbol': 'AAPL'}",
        b'{"qty": NaN}',
        b'{"qty": Infinity}',
        b'{"qty": -Infinity}',
        b'{"qty": 1e999}',
        b'{"qty": ' + b"9" * 5000 + b"}",
        b'{"qty": 0.' + b"1" * 5000 + b"}",
        b'{"qty": 1, "qty": 2}',
        b'{"stop_loss": {"stop_price": 1, "stop_price": 2}}',
        b'{"symbol": "\xff"}',
        b'{"symbol": "\\ud800"}',
        b'{"symbol": "A\x00"}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_object_is_refused_as_malformed(body):
    with pytest.raises(Refusal) as refusal:
        json_object(posted(body))
    assert (refusal.value.status, refusal.value.code) == (400, 40010000)
    assert refusal.value.message.startswith("request body format is invalid: ")
    assert len(refusal.value.message) < 200


def test_an_object_keeps_its_kinds():
    body = (
        b'{"symbol":"AAPL","qty":10.0,"limit_price":"190.5","extended_hours":true,"n":3,"x":null}'
    )
    assert json_object(posted(body)) == {
        "symbol": "AAPL",
        "qty": 10.0,
        "limit_price": "190.5",
        "extended_hours": True,
        "n": 3,
        "x": None,
    }


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)


@settings(max_examples=25)
@given(st.dictionaries(st.text(max_size=8), _json, max_size=5))
def test_every_json_object_is_read_as_itself(document):
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert json_object(posted(body)) == document


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body):
    try:
        assert isinstance(json_object(posted(body)), dict)
    except Refusal as refusal:
        assert refusal.status == 400  # noqa: PT017 - either way is right, nothing else is
