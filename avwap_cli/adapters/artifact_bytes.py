"""Artifact bytes: a document as its canonical bytes; equal content gives equal bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any


def json_bytes(schema: str, body: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a document: one line per key, and one per item of a list."""
    lines = [f'  "schema": {compact(schema)}']
    for key, value in body.items():
        if key == "schema":
            raise ValueError("the schema is an argument, not part of the body")
        lines.append(f"  {compact(key)}: {_spread(value)}")
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _spread(value: Any) -> str:
    if isinstance(value, list | tuple) and value:
        return "[\n" + ",\n".join(f"    {compact(item)}" for item in value) + "\n  ]"
    return compact(value)


def compact(value: Any) -> str:
    """The value on one line; NaN is refused (ValueError)."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a document")
