"""The two codings say the same; only the time of a message differs in form."""

from __future__ import annotations

import json

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.protocol.streams.codec import (
    Codec,
    StreamMessage,
    codec_of,
    decoded,
    encoded,
    tick_document,
)

TICK = StreamMessage(9, "t", "SPY", 1_790_953_200_123_456_789, {"t": "replaced", "p": 600.5})


@pytest.mark.parametrize(
    ("header", "codec"),
    [
        ("application/msgpack", Codec.MSGPACK),
        ("Application/MsgPack; charset=x", Codec.MSGPACK),
        ("application/json", Codec.JSON),
        ("", Codec.JSON),
    ],
)
def test_the_handshake_chooses(header, codec):
    assert codec_of({"content-type": header}) is codec
    assert codec_of({}) is Codec.JSON


def test_time_is_a_text_in_json_and_a_timestamp_in_msgpack():
    (text,) = json.loads(encoded(Codec.JSON, [tick_document(Codec.JSON, TICK)]))
    assert text == {"T": "t", "S": "SPY", "p": 600.5, "t": "2026-10-02T15:00:00.123456789Z"}
    packed = encoded(Codec.MSGPACK, [tick_document(Codec.MSGPACK, TICK)])
    (found,) = msgpack.unpackb(packed)
    assert found["t"].to_unix_nano() == TICK.t
    assert {**found, "t": 0} == {**text, "t": 0}


@given(
    st.sampled_from(Codec),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5) | st.integers(-(2**40), 2**40)),
)
def test_what_is_encoded_is_decoded(codec, document):
    frame = encoded(codec, [document])
    whole = json.loads(frame) if codec is Codec.JSON else msgpack.unpackb(frame)
    assert whole == [document]
    alone = json.dumps(document) if codec is Codec.JSON else msgpack.packb(document)
    assert decoded(codec, alone) == document


@given(st.sampled_from(Codec), st.binary(max_size=40) | st.text(max_size=40))
def test_anything_else_is_no_message(codec, data):
    assert isinstance(decoded(codec, data), dict | None)
