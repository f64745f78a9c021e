"""Places: the kind of a fault decides where it can strike."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.protocol.ordered_faults.places import can_strike, places, spelled


@pytest.mark.parametrize("kind", FaultKind)
def test_a_kind_strikes_at_each_of_its_places(kind):
    for place in places(kind):
        assert can_strike(Fault(kind, place))
        assert can_strike(Fault(kind, place.replace("*", "x")))
    assert can_strike(Fault(kind))
    assert not can_strike(Fault(kind, "nowhere"))


@pytest.mark.parametrize(
    ("kind", "where", "can"),
    [
        (FaultKind.SERVER_ERROR, "GET /v2/positions/AAPL", True),
        (FaultKind.SERVER_ERROR, "GET /v2/*", True),
        (FaultKind.SERVER_ERROR, "*/v2/ord*", True),
        (FaultKind.SERVER_ERROR, "[GP]* /v2/orders", True),
        (FaultKind.SERVER_ERROR, "PUT /v2/*", False),
        (FaultKind.SERVER_ERROR, "GET /v2/acount", False),
        (FaultKind.SERVER_ERROR, "*" * 1000, False),
        (FaultKind.EMPTY_BARS, "GET /v2/stocks/AAPL/bars", True),
        (FaultKind.EMPTY_BARS, "GET /v2/account", False),
        (FaultKind.LOST_EVENT, "iex *", True),
        (FaultKind.LOST_EVENT, "trade_updates f??l", True),
        (FaultKind.LOST_EVENT, "trade_updates filled", False),
        (FaultKind.CONNECTION_LIMIT, "connect /v2/*", True),
        (FaultKind.CONNECTION_LIMIT, "GET /v2/sip", False),
        (FaultKind.PARTIAL_THEN_CANCEL, "new", False),
    ],
)
def test_patterns(kind, where, can):
    assert can_strike(Fault(kind, where)) is can


@given(st.text("GET /v2acount*?", max_size=16))
def test_a_pattern_that_matches_a_place_can_strike(pattern):
    rule = Fault(FaultKind.SERVER_ERROR, pattern)
    if any(fnmatchcase(place.replace("*", "x"), pattern) for place in places(rule.kind)):
        assert can_strike(rule)


def test_only_methods_are_put_in_capitals():
    assert spelled(Fault(FaultKind.HANG, "post /v2/orders")).where == "POST /v2/orders"
    rule = Fault(FaultKind.CONNECTION_LIMIT, "connect /stream")
    assert spelled(rule) is rule
