"""Split events from Alpaca's corporate actions, and the walk over the pages of any answer.

The vendor filters by process date, which lies days around the ex-date; what counts is the
ex-date (of a unit split the effective date), so the window asked for is wider.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from avwap_cli.errors import SourceError
from avwap_cli.market.splits import Split

ACTIONS_PER_PAGE = 1_000
BEFORE, AFTER = timedelta(days=10), timedelta(days=45)
KINDS = {
    "forward_splits": ("symbol", "ex_date"),
    "reverse_splits": ("symbol", "ex_date"),
    "unit_splits": ("old_symbol", "effective_date"),
}
TYPES = "forward_split,reverse_split,unit_split"

Params = Mapping[str, str | int]
Asking = Callable[[str, Params], dict[str, Any]]


def pages_of(asking: Asking, path: str, params: Params) -> Iterator[dict[str, Any]]:
    """Every page of an answer.

    Raises:
        SourceError: no answer, or pages that go in a circle.
    """
    tokens: set[str] = set()
    token: str | None = None
    while True:
        body = asking(path, params if token is None else {**params, "page_token": token})
        yield body
        token = body.get("next_page_token")
        if not token:
            return
        if not isinstance(token, str) or token in tokens:
            raise SourceError(f"Alpaca's pages of {path} go in a circle", "run the command again")
        tokens.add(token)


def splits_of(asking: Asking, symbols: Sequence[str], first: date, last: date) -> list[Split]:
    """Splits of these symbols with ex-dates in first..last, sorted by symbol and day.

    Raises:
        SourceError: as `pages_of`.
    """
    params: Params = {
        "symbols": ",".join(symbols),
        "types": TYPES,
        "start": (first - BEFORE).isoformat(),
        "end": (last + AFTER).isoformat(),
        "limit": ACTIONS_PER_PAGE,
        "sort": "asc",
    }
    wanted, found = frozenset(symbols), set[Split]()
    for body in pages_of(asking, "/corporate-actions", params):
        found.update(
            split
            for split in _splits(body.get("corporate_actions"), wanted)
            if first <= split.ex_date <= last
        )
    return sorted(found, key=lambda s: (s.symbol, s.ex_date, s.ratio))


def _splits(actions: object, symbols: Collection[str]) -> Iterator[Split]:
    """The events of one page; an entry without symbol, date or rates is passed over."""
    groups = actions if isinstance(actions, dict) else {}
    for kind, (symbol, day) in KINDS.items():
        entries = groups.get(kind)
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, dict) or entry.get(symbol) not in symbols:
                continue
            try:
                on = date.fromisoformat(str(entry[day])[:10])
                ratio = float(entry["new_rate"]) / float(entry["old_rate"])
            except (KeyError, TypeError, ValueError, ZeroDivisionError):
                continue
            if 0 < ratio < float("inf"):
                yield Split(str(entry[symbol]), on, ratio)
