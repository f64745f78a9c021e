"""Pages: for any points and any limit, the pages join to the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.protocol.market_data.pages import Chunk, Cursor, cursor, page


def chunks(days: dict[str, list[list[int]]], descending: bool) -> list[Chunk]:
    """Chunks whose documents say symbol, chunk and row; the times of a chunk lie in its hundred."""
    made = []
    for symbol in sorted(days):
        numbered = list(enumerate(days[symbol]))
        for number, times in reversed(numbered) if descending else numbered:
            moments = np.array(sorted(100 * number + t for t in times), dtype=np.int64)

            def documents(
                rows: np.ndarray, symbol: str = symbol, moments: np.ndarray = moments
            ) -> list[dict[str, object]]:
                return [{"s": symbol, "t": int(moments[r]), "row": int(r)} for r in rows]

            made.append(Chunk(symbol, moments, documents))
    return made


days_of_symbols = st.dictionaries(
    st.sampled_from(["A", "B.C", "ZZ"]),
    st.lists(st.lists(st.integers(0, 9), max_size=8), max_size=3),
    max_size=3,
)


@given(days_of_symbols, st.integers(1, 6), st.booleans())
def test_pages_join_to_the_whole(
    days: dict[str, list[list[int]]], limit: int, descending: bool
) -> None:
    whole = page(chunks(days, descending), 10_000, "k", None, descending)
    assert whole.token is None
    joined: dict[str, list[object]] = {}
    after: Cursor | None = None
    while True:
        some = [c for c in chunks(days, descending) if after is None or c.symbol >= after.symbol]
        found = page(some, limit, "k", after, descending)
        for symbol, rows in found.rows.items():
            joined.setdefault(symbol, []).extend(rows)
        assert sum(map(len, found.rows.values())) <= limit
        if found.token is None:
            break
        assert sum(map(len, found.rows.values())) == limit
        after = cursor(found.token, "k")
    assert joined == whole.rows


@given(st.sampled_from(["A", "BRK.B"]), st.integers(0, 2**63 - 1), st.integers(1, 10**9 - 1))
def test_tokens_come_back_as_they_were(symbol: str, at: int, repeats: int) -> None:
    mark = Cursor(symbol, at, repeats)
    assert cursor(mark.token("5T"), "5T") == mark
    with pytest.raises(ValueError, match="token"):
        cursor(mark.token("5T"), "1D")


@given(st.text(max_size=40))
def test_any_other_text_is_no_token(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        cursor(text, "k")
