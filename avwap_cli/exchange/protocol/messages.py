"""One request and its answer, as a transport sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Fate(StrEnum):
    """What becomes of an answer on its way back."""

    DELIVER = "deliver"
    HANG = "hang"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request.

    Attributes:
        method: GET, POST, PATCH, DELETE, PUT.
        path: decoded, without the query: `/v2/orders:by_client_order_id`.
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
    """An HTTP answer; `content_type` is set by who makes it.

    Attributes:
        fate: DELIVER sends it; HANG never does; RESET breaks the connection instead.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    fate: Fate = Fate.DELIVER
