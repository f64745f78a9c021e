"""What differs between two runs of one session is found, placed and given its cause."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.review.comparisons import (
    Cause,
    Origins,
    explained,
    first_difference,
    of_the_day,
    revisions,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)
THEN = Origins(
    {"bars": "sha256:aaaa", "universe.csv": "sha256:bbbb"}, {"scan.gap": 3, "x": 1}, "1.0"
)


@given(JSON)
def test_a_document_does_not_differ_from_itself(document: Any) -> None:
    assert first_difference(document, document) is None


@given(JSON, JSON)
def test_documents_that_differ_differ_somewhere(one: Any, other: Any) -> None:
    import json

    place = first_difference(one, other)
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (place is None) == same


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, "b: 2 then, 3 now"),
        ({"a": [1, 2]}, {"a": [1]}, "a[1]: 2 then, nothing now"),
        ({"a": [{"symbol": "BRK.B", "stop": 5}]}, {"a": [{"symbol": "BRK.B", "stop": 6}]},
         "a[0 BRK.B].stop: 5 then, 6 now"),
        ({}, {"c": None}, "c: nothing then, None now"),
        (1, True, "the whole: 1 then, True now"),
        ("x", "y", "the whole: 'x' then, 'y' now"),
    ],
)  # fmt: skip
def test_the_first_difference_is_told_with_its_place(before: Any, now: Any, said: str) -> None:
    assert str(first_difference(before, now)) == said


def test_numbers_that_are_equal_do_not_differ_by_their_kind() -> None:
    assert first_difference({"a": 1}, {"a": 1.0}) is None
    assert first_difference({"a": 0.1}, {"a": 0.1000001}) is not None


def test_what_changed_of_the_making_is_named() -> None:
    now = Origins(
        {"bars": "sha256:cccc", "universe.csv": "sha256:bbbb"}, {"scan.gap": 4, "x": 1}, "1.1"
    )
    assert revisions(THEN, now) == [
        (Cause.DATA, "bars: aaaa then, cccc now"),
        (Cause.CONFIG, "scan.gap: 3 then, 4 now"),
        (Cause.CODE, "version 1.0 then, 1.1 now"),
    ]
    assert revisions(THEN, THEN) == []


def test_settings_that_were_not_kept_accuse_nothing() -> None:
    assert revisions(THEN, Origins(THEN.inputs, None, "1.0")) == []


def test_the_making_outweighs_the_document() -> None:
    place = first_difference({"price": 1}, {"price": 2})
    assert place is not None
    found = explained("scan.json", place, [(Cause.CONFIG, "scan.gap: 3 then, 4 now")], None)
    assert (found.cause, found.because) == (Cause.CONFIG, "scan.gap: 3 then, 4 now")
    assert explained("scan.json", place, [], None).cause is Cause.CODE
    later = explained("gapfilter.json", place, [], "scan.json")
    assert (later.cause, later.because) == (Cause.CODE, "follows from scan.json")


@pytest.mark.parametrize(
    ("before", "now", "cause"),
    [
        ({"orders": [{"filled_avg_price": 9}]}, {"orders": [{"filled_avg_price": 8}]}, Cause.PRICE),
        ({"orders": [{"filled_shares": 9}]}, {"orders": []}, Cause.PRICE),
        ({"entered_at": "09:30"}, {"entered_at": "09:31"}, Cause.TIMING),
        ({"price_age_s": 1.5}, {"price_age_s": 2.5}, Cause.TIMING),
    ],
)
def test_a_day_with_the_same_plan_differs_by_price_or_by_time(
    before: Any, now: Any, cause: Cause
) -> None:
    place = first_difference(before, now)
    assert place is not None
    assert of_the_day("entries.json", place).cause is cause
