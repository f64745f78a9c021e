"""The two codings of a data stream: JSON in text frames, msgpack in binary ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgpack  # type: ignore[import-untyped]

from avwap_cli.exchange.instants import SECOND, Instant, rfc3339
from avwap_cli.exchange.protocol.answers import Document
from avwap_cli.exchange.protocol.streams.frames import Frame


class Codec(StrEnum):
    """How a connection's messages are written."""

    JSON = "json"
    MSGPACK = "msgpack"


@dataclass(frozen=True, slots=True)
class StreamMessage:
    """One market data message.

    Attributes:
        due: when it is sent.
        kind: `t`, `q`, `b`, `u`, `d`, `s`.
        t: the instant that it tells: of a bar its start.
        fields: the rest; a `t` among them is replaced.
    """

    due: Instant
    kind: str
    symbol: str
    t: Instant
    fields: Document


def codec_of(headers: Mapping[str, str]) -> Codec:
    """The coding that a handshake asks for (lower-case names)."""
    asked = headers.get("content-type", "").partition(";")[0].strip().lower()
    return Codec.MSGPACK if asked == "application/msgpack" else Codec.JSON


def encoded(codec: Codec, documents: Sequence[Document]) -> Frame:
    """A list of messages as one frame."""
    if codec is Codec.MSGPACK:
        packed: bytes = msgpack.packb(list(documents))
        return packed
    return json.dumps(documents, separators=(",", ":"))


def tick_document(codec: Codec, tick: StreamMessage) -> Document:
    """A market data message; in msgpack its time is the timestamp type, in JSON a text."""
    stamp: object = rfc3339(tick.t)
    if codec is Codec.MSGPACK:
        stamp = msgpack.Timestamp(*divmod(tick.t, SECOND))
    return {"T": tick.kind, "S": tick.symbol, **tick.fields, "t": stamp}


def decoded(codec: Codec, data: bytes | str) -> Mapping[str, object] | None:
    """The map that a client sent, None if it is none."""
    try:
        if codec is Codec.MSGPACK and isinstance(data, bytes):
            message = msgpack.unpackb(data)
        else:
            message = json.loads(data)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException):
        return None
    return message if isinstance(message, dict) else None
