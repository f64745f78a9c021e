"""One request and its answer, as a transport sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote


class Fate(StrEnum):
    """What becomes of an answer on its way back."""

    DELIVER = "deliver"
    HANG = "hang"
    RESET = "reset"


def decoded_path(raw: str) -> str:
    """A path as it was sent, decoded; a slash or percent sign within a part stays encoded.

    So `/v2/assets/BRK%2FB` keeps three parts.
    """
    parts = (unquote(part) for part in raw.split("/"))
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request.

    Attributes:
        method: GET, POST, PATCH, DELETE, PUT.
        path: as `decoded_path` makes it, without the query: `/v2/orders:by_client_order_id`.
        query: pairs in the order sent, decoded.
        headers: lower-case names.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer.

    Attributes:
        headers: `Content-Type` and others; a transport adds none to them but those of its own.
        fate: DELIVER sends it; HANG never does; RESET breaks the connection instead.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    fate: Fate = Fate.DELIVER
