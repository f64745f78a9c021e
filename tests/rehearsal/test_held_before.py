"""What an account had in the morning, from its ledger; or why nobody can say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from played_demos import PlayedDemo

from avwap_cli.exchange.broker.orders import Status
from avwap_cli.rehearsal.held_before import CannotBegin, Opening, facts_before, ledger_of, opening
from avwap_cli.trading.facts import Facts, Notice, SplitTaken
from avwap_cli.wiring.desk import Choices, Desk

FIRST, SECOND = date(2026, 11, 23), date(2026, 11, 24)


@pytest.fixture(scope="module")
def facts(shown_demo: PlayedDemo) -> Facts:
    """The demo's ledger after its day: seven positions are held."""
    found = ledger_of(Desk(Choices(shown_demo.home.root, quiet=True), {}).ledgers, FIRST)
    assert found is not None
    return found


def opened(facts: Facts, *split: str) -> Opening | None:
    return opening(facts, SECOND, split, lambda _: Decimal(100))


def test_money_is_the_last_equity_without_the_positions(facts: Facts) -> None:
    found = opened(facts)
    assert found is not None
    shares = {symbol: qty for symbol, (qty, _) in found.before.positions.items()}
    assert shares == {
        "QXCG": -43, "QXWN": -35, "XZCDD": 32, "XZKUU": 219, "ZQHII": 83, "ZQHM": 323, "ZQZE": 72
    }  # fmt: skip
    assert found.cash == Decimal("99562.1") - 100 * sum(shares.values())
    resting = [o for o in found.before.orders if o.status is Status.NEW]
    assert {o.symbol for o in resting} == set(shares)
    assert all(o.stop_price is not None and o.tif.value == "gtc" for o in resting)


def test_before_the_first_session_there_was_nothing(facts: Facts) -> None:
    assert facts_before(facts, FIRST).intents == []
    assert opening(facts, FIRST, [], lambda _: None) is None


def without_closes(facts: Facts) -> Facts:
    return replace(facts, closes=[])


def without_reports(facts: Facts) -> Facts:
    stop = facts.intents[-1].id
    return replace(facts, reports=[r for r in facts.reports if r.order.client_id != stop])


def heard_later(facts: Facts) -> Facts:
    """As a host knew it that was down when the last exit was filled: it heard on the next day."""
    last, day = "20261123.avwap.XZCDD.L.trim2.1", timedelta(days=1)
    reports = [
        replace(r, at=r.at + day) if r.order.client_id == last and r.order.status.final else r
        for r in facts.reports
    ]
    return replace(facts, reports=reports)


def disagreed(facts: Facts) -> Facts:
    at = facts.fills[-1].at
    told = Notice(at, FIRST, "discrepancy", "differs.quantity.ZQHM", "ZQHM: 323 here, 300 there")
    return replace(facts, notices=[*facts.notices, told])


def by_hand(facts: Facts) -> Facts:
    last = facts.fills[-1]
    strange = replace(last, id="strange", order_id="strange", client_id="", symbol="ZQLUU")
    return replace(facts, fills=[*facts.fills, strange])


def split(facts: Facts) -> Facts:
    at = facts.closes[-1].at + timedelta(hours=17)
    return replace(facts, splits=[SplitTaken(at, "ZQHM", SECOND, 2, 1)])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (without_closes, "the account's equity at the close of 2026-11-23 was not kept"),
        (
            without_reports,
            "nobody knew what had become of the order 20261123.avwap.XZCDD.L.stop.12",
        ),
        (heard_later, "heard only later how 20261123.avwap.XZCDD.L.trim2.1 had ended"),
        (disagreed, "ledger and broker did not agree"),
        (by_hand, "shares of ZQLUU were held that no order of ours had bought"),
        (split, "ZQHM, which was held, was split that night"),
    ],
)
def test_what_is_not_known_is_said(
    facts: Facts, change: Callable[[Facts], Facts], why: str
) -> None:
    with pytest.raises(CannotBegin, match=why):
        opened(change(facts))


def test_a_split_of_the_tape_is_said(facts: Facts) -> None:
    opened(facts, "SPY")
    with pytest.raises(CannotBegin, match="ZQHM, which was held, was split that night"):
        opened(facts, "ZQHM")


def test_a_close_that_is_not_there_is_said(facts: Facts) -> None:
    with pytest.raises(CannotBegin, match="the cache has no close of QXCG"):
        opening(facts, SECOND, [], lambda _: None)
