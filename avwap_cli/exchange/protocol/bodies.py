"""Bodies: the JSON object that a request carries, or a refusal that says what it is not."""

from __future__ import annotations

import json
import math
from typing import NoReturn

from avwap_cli.exchange.protocol.messages import Request
from avwap_cli.exchange.refusals import BAD_BODY, Refusal

LONGEST_NUMBER = 64


def json_object(request: Request) -> dict[str, object]:
    """The body as a dictionary; numbers are int or finite float.

    Raises:
        Refusal: 400 when it is not UTF-8, not JSON (NaN is none), not an object, nested too
            deeply, has a key twice or a number that has no finite value.
    """
    try:
        document: object = json.loads(
            request.body.decode("utf-8"),
            object_pairs_hook=_without_repeats,
            parse_constant=_refuse_constant,
            parse_int=_whole,
            parse_float=_finite,
        )
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise _malformed("nested too deeply") from None
    except ValueError as error:
        raise _malformed(_reason(error)) from None
    if not isinstance(document, dict):
        raise _malformed("not an object")
    return document


def _malformed(reason: str) -> Refusal:
    return Refusal(400, BAD_BODY, f"request body format is invalid: {reason}")


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.lower()} at position {error.pos}"
    if isinstance(error, UnicodeError):
        return "not UTF-8"
    return str(error)


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError("a number is too long")
    return int(text)


def _finite(text: str) -> float:
    number = float(text) if len(text) <= LONGEST_NUMBER else math.inf
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number
