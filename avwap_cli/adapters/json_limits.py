"""JSON limits: what a document of ours may hold at most, so that no file can hurt its reader.

The standard reader takes numbers that become infinite, integers of thousands of digits and
nesting as deep as the stack; none of them is ever written here, and each breaks something later.
"""

from __future__ import annotations

import json
import math
from typing import Any

MAX_DEPTH = 32
MAX_DIGITS = 24


def limited_json(data: bytes) -> Any:
    """The value of these bytes.

    Raises:
        ValueError: no JSON, or beyond the limits.
        RecursionError: nested too deep to be read at all.
    """
    value = json.loads(
        data.decode(), parse_constant=_refused, parse_float=_finite, parse_int=_short
    )
    _check_depth(value)
    return value


def _refused(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:MAX_DIGITS]} is too large a number")
    return number


def _short(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"{text[:MAX_DIGITS]}... is too large a number")
    return int(text)


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} deep")
        level = [
            child for item in level for child in (item.values() if isinstance(item, dict) else item)
        ]
