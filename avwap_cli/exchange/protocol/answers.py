"""Answers: JSON documents as Alpaca sends them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from avwap_cli.exchange.protocol.messages import Answer
from avwap_cli.exchange.refusals import Refusal

Document = dict[str, object]
"""A JSON object."""

JSON_TYPE = "application/json; charset=UTF-8"


def ok(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer of compact JSON.

    Raises:
        ValueError: a number is not finite.
        TypeError: the document holds something that JSON has no form for (a Decimal, a date).
    """
    body = json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return Answer(
        status,
        body.encode("utf-8", "backslashreplace"),
        {"Content-Type": JSON_TYPE, **(headers or {})},
    )


def no_content() -> Answer:
    """204: done, nothing to tell."""
    return Answer(204)


def refusal_document(refusal: Refusal) -> Document:
    """The body of a refusal: code, message and its extra fields, in the order of their names."""
    fields: Document = {"message": refusal.message, **refusal.extras}
    if refusal.code is not None:
        fields["code"] = refusal.code
    return dict(sorted(fields.items()))


def refused(refusal: Refusal) -> Answer:
    """The answer that a refusal becomes."""
    return ok(refusal_document(refusal), refusal.status)
