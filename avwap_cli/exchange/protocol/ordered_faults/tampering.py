"""Tampering: changes of a good answer that ordered faults ask for.

Each makes an answer that a broken or changed server could have sent: valid HTTP, usually
valid JSON, and wrong in exactly one way.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.instants import SECOND, rfc3339, rfc3339_eastern
from avwap_cli.exchange.protocol.answers import ok
from avwap_cli.exchange.protocol.messages import Answer
from avwap_cli.exchange.protocol.queries import parsed_moment

NEW_WORD = "unheard_of"
CUT_BODY = "bytes"
PAGES = ("bars", "quotes", "trades", "auctions", "news", "corporate_actions", "announcements")
QUOTE_KEYS = ("quote", "quotes", "latestQuote")

Change = Callable[[object, str | None], object]


def tampered(answer: Answer, rule: Fault) -> Answer:
    """The answer with the rule's change; the status and the other headers stay."""
    if rule.kind is FaultKind.TRUNCATED_PAGE and rule.value == CUT_BODY:
        return replace(answer, body=answer.body[: len(answer.body) // 2])
    document = CHANGES[rule.kind](json.loads(answer.body), rule.value)
    return ok(document, answer.status, answer.headers)


def _half_of_rows(document: object, _value: str | None) -> object:
    """Every list of rows loses its second half, and nothing says that more would follow."""
    return _without_token(_rows(document, lambda rows: rows[: len(rows) // 2]))


def _rows_twice(document: object, _value: str | None) -> object:
    """Every list of rows comes a second time, as if the page had been sent twice."""
    return _rows(document, lambda rows: rows + rows)


def _unknown_enum(document: object, value: str | None) -> object:
    """The first field of that name (`status`) holds a word that nobody knows."""
    return _first(document, value or "status", lambda owner, name: owner.update({name: NEW_WORD}))


def _missing_field(document: object, value: str | None) -> object:
    """The first field of that name is gone."""
    return _first(document, value or "id", lambda owner, name: owner.pop(name))


def _empty_bars(document: object, _value: str | None) -> object:
    return _bars_are(document, {})


def _null_bars(document: object, _value: str | None) -> object:
    return _bars_are(document, None)


def _stale_quote(document: object, value: str | None) -> object:
    """Every quote carries a time that lies so many seconds back (60 when none are given)."""
    nanoseconds = int(float(value or 60) * SECOND)
    return _aged(document, nanoseconds, in_quote=False)


def _clock_skew(document: object, value: str | None) -> object:
    """The broker's clock is so many seconds ahead (30 when none are given; negative: behind)."""
    if not isinstance(document, dict) or "timestamp" not in document:
        return document
    shifted = parsed_moment(str(document["timestamp"])) + int(float(value or 30) * SECOND)
    return {**document, "timestamp": rfc3339_eastern(shifted)}


CHANGES: dict[FaultKind, Change] = {
    FaultKind.TRUNCATED_PAGE: _half_of_rows,
    FaultKind.DUPLICATED_PAGE: _rows_twice,
    FaultKind.UNKNOWN_ENUM: _unknown_enum,
    FaultKind.MISSING_FIELD: _missing_field,
    FaultKind.EMPTY_BARS: _empty_bars,
    FaultKind.NULL_BARS: _null_bars,
    FaultKind.STALE_QUOTE: _stale_quote,
    FaultKind.CLOCK_SKEW: _clock_skew,
}


def _rows(document: object, change: Callable[[list[object]], list[object]]) -> object:
    """The document with each of its lists of rows changed."""
    if isinstance(document, list):
        return change(document)
    if not isinstance(document, dict):
        return document
    return {key: _page(page, change) if key in PAGES else page for key, page in document.items()}


def _page(page: object, change: Callable[[list[object]], list[object]]) -> object:
    """A page is a list of rows, or lists of rows by symbol or kind."""
    if isinstance(page, list):
        return change(page)
    if isinstance(page, dict):
        return {key: change(rows) if isinstance(rows, list) else rows for key, rows in page.items()}
    return page


def _without_token(document: object) -> object:
    if isinstance(document, dict) and "next_page_token" in document:
        return {**document, "next_page_token": None}
    return document


def _first(
    document: object, name: str, change: Callable[[dict[str, object], str], object]
) -> object:
    """The document after a change of the first object that has a field of that name."""
    waiting = [document]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if name in part:
                change(part, name)
                return document
            waiting.extend(reversed(part.values()))
        elif isinstance(part, list):
            waiting.extend(reversed(part))
    return document


def _bars_are(document: object, bars: object) -> object:
    if isinstance(document, dict) and "bars" in document:
        return _without_token({**document, "bars": bars})
    return document


def _aged(part: object, nanoseconds: int, in_quote: bool) -> object:
    if isinstance(part, list):
        return [_aged(piece, nanoseconds, in_quote) for piece in part]
    if not isinstance(part, dict):
        return part
    if in_quote and isinstance(part.get("t"), str):
        return {**part, "t": rfc3339(parsed_moment(part["t"]) - nanoseconds)}
    return {
        key: _aged(piece, nanoseconds, in_quote or key in QUOTE_KEYS) for key, piece in part.items()
    }
