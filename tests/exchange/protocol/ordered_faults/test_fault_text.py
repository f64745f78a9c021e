"""Fault text: what can be ordered on a command line, and how mistakes are named."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avwap_cli.errors import UsageError
from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.protocol.ordered_faults.fault_text import checked, fault, fault_line
from avwap_cli.exchange.protocol.ordered_faults.places import places
from avwap_cli.exchange.protocol.ordered_faults.refusal_catalogue import CATALOGUE
from avwap_cli.exchange.protocol.ordered_faults.request_faults import DEFAULT_REFUSAL


def test_everything_at_once():
    text = (
        "504-after-accept@POST /v2/orders,nth=2,times=3,p=0.1,symbol=AAPL,"
        "after=09:30,before=10:00:30,value=x"
    )
    assert fault(text) == Fault(
        FaultKind.GATEWAY_TIMEOUT,
        "POST /v2/orders",
        symbol="AAPL",
        nth=2,
        times=3,
        probability=0.1,
        after=time(9, 30),
        before=time(10, 0, 30),
        value="x",
    )


def test_a_kind_alone_is_a_rule_for_everywhere():
    assert fault("hang") == Fault(FaultKind.HANG)
    assert fault_line(Fault(FaultKind.HANG)) == "hang"


@pytest.mark.parametrize("kind", FaultKind)
def test_every_kind_can_be_ordered(kind):
    assert fault(f"{kind.value}@*") == Fault(kind)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hagn", "unknown kind, 'hagn'; did you mean 'hang'?"),
        ("504-after-acept@POST /v2/orders", "did you mean '504-after-accept'?"),
        ("", "unknown kind, ''; known are hang, "),
        ("hang@", "has nothing after its '@'"),
        ("hang,nht=2", "unknown option, 'nht'; did you mean 'nth'?"),
        ("hang,nth", "an option without a value, 'nth'"),
        ("hang,nth=two", "wrong nth, 'two'; give a whole number"),
        ("hang,nth=0", "wrong nth, '0'; count from 1"),
        ("hang,times=-1", "wrong times, '-1'"),
        ("hang,p=1.5", "wrong p, '1.5'; give a chance from 0 to 1"),
        ("hang,p=nan", "wrong p, 'nan'"),
        ("hang,p=half", "wrong p, 'half'"),
        ("hang,after=9am", "wrong after, '9am'; give New York time as HH:MM"),
        ("hang,after=09:30Z", "wrong after"),
        ("hang,after=10:00,before=09:30", "it must be earlier than before=09:30:00"),
        ("hang,symbol=", "wrong symbol, ''; give a symbol"),
        ("hang,nth=1,nth=2", "gives an option twice"),
        ("stale-quote,value=old", "wrong value, 'old'; give a number of seconds"),
        ("clock-skew,value=nan", "wrong value, 'nan'"),
        ("clock-skew,value=1e300", "wrong value, '1e300'"),
        ("late-event,value=-1", "wrong value, '-1'; give a number of seconds, not below 0"),
        ("stuck-cancel,value=soon", "wrong value, 'soon'"),
        ("halt,value=inf", "wrong value, 'inf'"),
        ("hard-to-borrow,value=easy_to_borow", "did you mean 'easy_to_borrow'?"),
        ("truncated-page,value=half", "known are bytes"),
        ("html,value=teapot", "give an HTTP status from 200 to 599"),
        ("halt@fill", "'halt' never strikes at 'fill'; known are halt"),
        ("500@/v2/account", "never strikes at '/v2/account'; did you mean 'GET /v2/account'?"),
        ("500@GET /_exchange/faults", "never strikes at"),
        ("lost-event@POST /v2/orders", "known are trade_updates pending_new, "),
        ("hang@trade_updates fill", "known are GET /v2/account, "),
        ("refuse,value=insufficient-buying-powr", f"did you mean '{DEFAULT_REFUSAL}'?"),
    ],
)
def test_mistakes_are_named(text, message):
    with pytest.raises(UsageError) as error:
        fault(text)
    assert message in str(error.value)


def test_a_rule_made_in_code_is_checked_too():
    with pytest.raises(UsageError, match="wrong value, 'no_such_refusal'"):
        checked(Fault(FaultKind.REFUSE, value="no_such_refusal"))
    rule = Fault(FaultKind.REFUSE, value=DEFAULT_REFUSAL)
    assert checked(rule) is rule


def test_method_and_symbol_are_read_in_any_case():
    rule = Fault(FaultKind.SERVER_ERROR, "GET /v2/account", symbol="BRK.B")
    assert fault("500@get /v2/account,symbol=brk.b") == rule


def test_every_refusal_can_be_ordered():
    for name in CATALOGUE:
        assert fault(f"refuse,value={name}").value == name


_plain = st.text(
    st.characters(codec="ascii", min_codepoint=33, exclude_characters=","), min_size=1, max_size=12
)
_kinds_and_places = st.sampled_from(
    [FaultKind.HANG, FaultKind.LOST_EVENT, FaultKind.UNKNOWN_ENUM, FaultKind.GATEWAY_TIMEOUT]
).flatmap(lambda kind: st.tuples(st.just(kind), st.sampled_from(("*", *places(kind)))))
_rules = st.builds(
    lambda kind_and_place, **more: Fault(*kind_and_place, **more),
    _kinds_and_places,
    symbol=st.none() | st.sampled_from(["AAPL", "BRK.B"]),
    nth=st.none() | st.integers(1, 10**6),
    times=st.none() | st.integers(1, 10**6),
    probability=st.floats(0, 1),
    after=st.none() | st.times(max_value=time(11)),
    before=st.none() | st.times(min_value=time(12)),
    value=st.none() | _plain,
)


@given(_rules)
def test_a_written_rule_is_read_as_itself(rule):
    assert fault(fault_line(rule)) == rule


@given(st.text(max_size=40))
def test_any_text_is_a_rule_or_a_usage_error(text):
    try:
        assert fault(fault_line(fault(text))) == fault(text)
    except UsageError as error:
        assert str(error)  # noqa: PT017 - either way is right, nothing else is
