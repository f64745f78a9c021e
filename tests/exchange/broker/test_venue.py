"""The venue: single orders of every type and time in force, from request to fill."""

from __future__ import annotations

import json
from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from hand_tape import FRI, MON, TUE, WED, HandTape, Row, Scene, at

from avwap_cli.exchange.broker.orders import Status
from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.protocol.snapshots import book_snapshot
from avwap_cli.exchange.refusals import Refusal

D = Decimal
BIG = 100_000


def day(*rows: tuple[Any, ...]) -> list[Row]:
    return [(row[0], row[1], row[2] if len(row) > 2 else BIG) for row in rows]


def tape(*rows: tuple[Any, ...], tuesday: list[Row] | None = None, **more: Any) -> HandTape:
    """F closes at 10.00 on the Friday before; Monday's prints are given."""
    days = {
        FRI.replace(day=2): day(("15:59", 10.0)),
        MON: day(*rows),
        TUE: tuesday or day(("09:30", 10.0), ("15:59", 10.0)),
    }
    return HandTape({"F": days}, **more)


FLAT = tape(("09:30", 10.0), ("10:00", 10.2), ("11:00", 10.4), ("12:00", 10.0), ("15:59", 9.9))


# --- arrival and market orders ---


def test_in_market_hours_an_order_is_new_at_once_and_fills_at_the_next_print() -> None:
    scene = Scene(FLAT, "10:00")
    order = scene.buy(5)
    assert order.status is Status.PENDING_NEW
    assert scene.status(order) == "new"
    scene.to("16:00")
    assert scene.story() == ["10:00:00 pending_new", "10:00:00 new", "11:00:00 fill 5 @ 10.41"]
    filled = scene.now(order)
    assert (filled.filled_qty, filled.filled_avg_price) == (D(5), D("10.41"))
    assert filled.filled_at == at(MON, "11:00")
    assert scene.venue.balances().cash == D(100_000) - 5 * D("10.41")
    assert scene.venue.events[-1].position_qty == D(5)


def test_overnight_an_order_waits_for_four_o_clock_and_the_opening_print() -> None:
    scene = Scene(FLAT, "18:00", day=FRI.replace(day=2))
    order = scene.buy(5)
    assert (order.status, order.session) == (Status.ACCEPTED, MON)
    scene.to("03:59:59", MON)
    assert scene.status(order) == "accepted"
    scene.to("04:00")
    assert scene.status(order) == "new"
    scene.to("09:30")
    assert scene.story() == ["18:00:00 accepted", "04:00:00 new", "09:30:00 fill 5 @ 10.01"]


def test_before_the_open_an_order_is_accepted_then_new_at_once() -> None:
    scene = Scene(FLAT, "08:00")
    order = scene.buy(5)
    assert order.status is Status.ACCEPTED
    assert scene.status(order) == "new"


def test_latency_delays_the_effect() -> None:
    scene = Scene(FLAT, "09:59:59.5", latency_s=1.0)
    order = scene.buy(5)
    assert scene.to("10:00:00").status(order) == "pending_new"
    scene.to("12:00")
    assert scene.story(order)[1:] == ["10:00:00 new", "11:00:00 fill 5 @ 10.41"]


def test_large_orders_fill_over_several_prints() -> None:
    scene = Scene(tape(("09:30", 10.0, 40), ("10:00", 10.2, 80), ("11:00", 10.4, 400)))
    order = scene.buy(40)
    scene.to("12:00")
    assert scene.story(order)[2:] == [
        "09:30:00 partial_fill 10 @ 10.01",
        "10:00:00 partial_fill 20 @ 10.21",
        "11:00:00 fill 10 @ 10.41",
    ]
    assert scene.now(order).filled_avg_price == D("10.21")
    assert scene.held() == D(40)


def test_an_order_for_usd_knows_its_shares_when_it_is_filled() -> None:
    scene = Scene(FLAT)
    order = scene.buy(None, notional="100")
    scene.to("09:30")
    filled = scene.now(order)
    assert filled.status is Status.FILLED
    assert filled.qty == filled.filled_qty == D("9.990009990")


def test_paper_cuts_fills_by_chance_of_the_seed() -> None:
    scenes = [Scene(FLAT, partial_probability=1.0, seed=seed) for seed in (7, 7, 8)]
    for scene in scenes:
        scene.buy(1000)
        scene.to("12:00")
    fills = [[event.qty for event in scene.venue.fills] for scene in scenes]
    assert fills[0] == fills[1] != fills[2]
    assert len(fills[0]) == 4


# --- limits, stops, trails ---


def test_a_limit_waits_for_its_price() -> None:
    scene = Scene(FLAT)
    order = scene.buy(5, "limit", limit_price="9.95")
    scene.to("16:00")
    assert scene.story(order)[2:] == ["15:59:00 fill 5 @ 9.91"]


def test_day_orders_expire_at_the_close_and_gtc_orders_stay() -> None:
    scene = Scene(FLAT)
    today = scene.buy(5, "limit", limit_price="9.50")
    lasting = scene.buy(5, "limit", limit_price="9.50", tif="gtc")
    scene.to("16:00")
    assert scene.status(today, lasting) == "expired new"
    assert scene.now(today).expired_at == at(MON, "16:00")
    scene.to("16:00", TUE)
    assert scene.status(lasting) == "new"


def test_gtc_orders_end_after_ninety_days() -> None:
    scene = Scene(FLAT)
    order = scene.buy(5, "limit", limit_price="9.50", tif="gtc")
    last = MON.replace(year=2027, month=1, day=3)
    assert scene.now(order).expires_at == at(last, "16:15")
    assert scene.to("16:14:59", last).status(order) == "new"
    assert scene.to("16:15", last).status(order) == "canceled"


def test_a_sell_stop_gapped_through_fills_near_the_open() -> None:
    scene = Scene(tape(("09:30", 10.0), ("15:59", 10.0), tuesday=day(("09:30", 8.0))))
    scene.buy(5)
    scene.to("09:30")
    stop = scene.sell(5, "stop", stop_price="9.50", tif="gtc")
    scene.to("09:30", TUE)
    assert scene.story(stop)[2:] == ["09:30:00 fill 5 @ 7.99"]
    assert scene.held() == 0


def test_a_buy_stop_gapped_beyond_its_collar_waits_at_the_limit() -> None:
    rows = (("09:30", 10.0), ("10:00", 12.0), ("11:00", 10.9), ("12:00", 11.44))
    scene = Scene(tape(*rows), "09:31")
    order = scene.buy(5, "stop", stop_price="11.00")
    assert scene.to("10:00").status(order) == "new"
    assert scene.now(order).elected
    assert scene.now(order).limit_price == D("11.44")
    scene.to("11:00")
    assert scene.story(order)[2:] == ["11:00:00 fill 5 @ 10.91"]


def test_a_stop_limit_is_elected_and_then_waits_for_its_limit() -> None:
    scene = Scene(tape(("09:30", 10.0), ("10:00", 9.4), ("11:00", 9.7)))
    scene.buy(5)
    scene.to("09:30")
    order = scene.sell(5, "stop_limit", stop_price="9.50", limit_price="9.60")
    assert scene.to("10:00").now(order).elected
    scene.to("11:00")
    assert scene.story(order)[2:] == ["11:00:00 fill 5 @ 9.69"]


def test_a_trailing_stop_follows_the_high_and_shows_it() -> None:
    rows = (("09:30", 10.0), ("10:00", 11.0), ("11:00", 10.6), ("12:00", 10.5), ("13:00", 10.4))
    scene = Scene(tape(*rows))
    scene.buy(5)
    scene.to("09:30")
    order = scene.sell(5, "trailing_stop", trail_price="0.50")
    assert (scene.now(order).hwm, scene.now(order).stop_price) == (D("10.00"), D("9.50"))
    scene.to("10:30")
    assert (scene.now(order).hwm, scene.now(order).stop_price) == (D("11.00"), D("10.50"))
    scene.to("13:00")
    assert scene.story(order)[2:] == ["12:00:00 fill 5 @ 10.49"]


def test_a_trail_in_percent_works_for_buys_and_over_nights() -> None:
    rows = (("09:30", 10.0), ("10:00", 8.0))
    scene = Scene(tape(*rows, tuesday=day(("09:30", 8.7), ("10:00", 8.8))), "09:31")
    order = scene.buy(5, "trailing_stop", trail_percent="10", tif="gtc")
    scene.to("09:45", TUE)
    assert (scene.now(order).hwm, scene.now(order).stop_price) == (D("8.00"), D("8.80"))
    scene.to("10:00")
    assert scene.story(order)[2:] == ["10:00:00 fill 5 @ 8.81"]


# --- auctions, IOC, FOK, extended hours ---


def test_opg_takes_the_opening_print_only() -> None:
    scene = Scene(FLAT)
    order = scene.buy(5, tif="opg")
    limit = scene.buy(5, "limit", limit_price="9.90", tif="opg")
    scene.to("09:30")
    assert scene.story(order)[2:] == ["09:30:00 fill 5 @ 10.01"]
    assert scene.story(limit)[2:] == ["09:30:00 expired"]


def test_opg_leaves_what_the_opening_print_cannot_give() -> None:
    scene = Scene(tape(("09:30", 10.0, 40), ("10:00", 10.0, 400)))
    order = scene.buy(40, tif="opg")
    scene.to("12:00")
    assert scene.story(order)[2:] == ["09:30:00 partial_fill 10 @ 10.01", "09:30:00 expired"]


def test_cls_trades_at_the_close_at_the_last_price() -> None:
    scene = Scene(FLAT)
    order = scene.buy(5, tif="cls")
    scene.to("16:00")
    assert scene.story(order)[2:] == ["16:00:00 fill 5 @ 9.91"]


def test_ioc_and_fok_get_one_print() -> None:
    scene = Scene(tape(("09:30", 10.0, 40), ("10:00", 10.0, 40)), "09:31")
    ioc, fok = scene.buy(40, tif="ioc"), scene.buy(40, tif="fok")
    late = scene.buy(1, tif="fok")
    scene.to("12:00")
    assert scene.story(ioc)[2:] == ["10:00:00 partial_fill 10 @ 10.01", "10:00:00 canceled"]
    assert scene.story(fok)[2:] == ["10:00:00 canceled"]
    assert scene.story(late)[2:] == ["10:00:00 canceled"]
    alone = Scene(tape(("09:30", 10.0, 40), ("10:00", 10.0, 40)), "09:31")
    small = alone.buy(10, tif="fok")
    assert alone.to("12:00").story(small)[2:] == ["10:00:00 fill 10 @ 10.01"]


QUOTED = {MON: [("08:00", 9.8, 9.9, 30), ("08:01", 9.7, 9.8, 30), ("17:00", 9.6, 9.7, 500)]}


def test_extended_hours_orders_trade_with_quotes() -> None:
    scene = Scene(tape(("09:30", 10.0), ("15:59", 10.0), quotes=QUOTED), "07:00")
    order = scene.buy(50, "limit", limit_price="9.90", extended_hours=True)
    plain = scene.buy(50, "limit", limit_price="9.90")
    scene.to("20:00")
    assert scene.story(order)[2:] == [
        "08:00:00 partial_fill 30 @ 9.9",
        "08:01:00 fill 20 @ 9.8",
    ]
    assert scene.story(plain)[2:] == ["16:00:00 expired"]


def test_extended_hours_day_orders_last_until_the_night() -> None:
    scene = Scene(tape(("09:30", 10.0), ("15:59", 10.0), quotes=QUOTED), "16:30")
    late = scene.buy(50, "limit", limit_price="9.75", extended_hours=True)
    low = scene.buy(50, "limit", limit_price="9.50", extended_hours=True)
    scene.to("20:00")
    assert scene.story(late)[2:] == ["17:00:00 fill 50 @ 9.7"]
    assert scene.story(low)[2:] == ["20:00:00 expired"]


# --- short sales ---


def test_a_short_position_is_marked_to_market_and_bought_back() -> None:
    scene = Scene(FLAT)
    scene.sell(100)
    scene.to("10:00")
    money = scene.venue.balances()
    assert scene.held() == D(-100)
    assert money.cash == D(100_000) + 100 * D("9.99")
    assert money.short_market_value == -100 * D("10.20")
    scene.venue.close_position("F")
    scene.to("16:00")
    assert scene.held() == 0
    assert scene.venue.realized == 100 * (D("9.99") - D("10.41"))


# --- closing positions ---


def long_ten(**settings: Any) -> Scene:
    scene = Scene(FLAT, **settings)
    scene.buy(10)
    return scene.to("09:30")


@pytest.mark.parametrize(
    ("qty", "percentage", "left"), [(None, None, "0"), ("4", None, "6"), (None, "25", "7.5")]
)
def test_closing_a_position_or_a_part(qty: str | None, percentage: str | None, left: str) -> None:
    scene = long_ten()
    order = scene.venue.close_position("F", qty and D(qty), percentage and D(percentage))
    assert (order.side.value, order.type.value, order.tif.value) == ("sell", "market", "day")
    scene.to("10:00")
    assert scene.held() == D(left)


def test_closing_what_is_not_there_or_held_is_refused() -> None:
    scene = long_ten()
    with pytest.raises(Refusal, match="position does not exist"):
        scene.venue.close_position("G")
    stop = scene.sell(10, "stop", stop_price="9.00", tif="gtc")
    before = book_snapshot(scene.venue)
    with pytest.raises(Refusal, match="insufficient qty available") as refusal:
        scene.venue.close_position("F")
    assert refusal.value.extras["related_orders"] == [stop.id]
    assert book_snapshot(scene.venue) == before


def test_close_all_cancels_first_if_asked() -> None:
    scene = long_ten()
    stop = scene.sell(10, "stop", stop_price="9.00", tif="gtc")
    assert isinstance(scene.venue.close_all(False)[0][1], Refusal)
    assert scene.status(stop) == "new"
    assert scene.venue.close_all(True)[0][0] == "F"
    scene.to("10:00")
    assert scene.status(stop) == "canceled"
    assert scene.venue.positions() == ()


# --- money ---


def test_last_equity_and_equity_curve_follow_the_closes() -> None:
    scene = long_ten()
    start, after = D(100_000), D(100_000) + 10 * (D("9.9") - D("10.01"))
    scene.to("16:00")
    assert list(scene.venue.equity_curve) == [(at(MON, "16:00"), after)]
    assert scene.venue.last_equity == start
    scene.to("04:00", TUE)
    assert scene.venue.last_equity == after


def test_transfers_move_cash() -> None:
    scene = Scene(FLAT)
    scene.venue.deposit(D(500))
    scene.venue.deposit(D(-200))
    assert scene.venue.balances().cash == D(100_300)
    assert [transfer.amount for transfer in scene.venue.transfers] == [D(500), D(-200)]


# --- halts and ordered faults ---


def test_a_halted_symbol_does_not_trade() -> None:
    scene = Scene(FLAT)
    scene.venue.halt("F", at(MON, "11:00"))
    order = scene.buy(5)
    assert scene.venue.halted("F")
    scene.to("12:00")
    assert not scene.venue.halted("F")
    assert scene.story(order)[2:] == ["11:00:00 fill 5 @ 10.41"]


def test_a_lifted_halt_lets_orders_trade_again() -> None:
    scene = Scene(FLAT)
    order = scene.buy(5)
    scene.venue.halt("F", at(TUE, "12:00"))
    scene.to("10:30").venue.halt("F", None)
    scene.to("12:00")
    assert scene.story(order)[2:] == ["11:00:00 fill 5 @ 10.41"]


def fault(kind: FaultKind, where: str, **more: Any) -> Fault:
    return Fault(kind, where, **more)


def test_an_ordered_halt_lasts_until_its_time() -> None:
    ordered = fault(FaultKind.HALT, "halt", before=time(10, 30))
    scene = Scene(FLAT, faults=[ordered])
    order = scene.buy(5)
    assert scene.to("10:00").venue.halted("F")
    scene.to("12:00")
    assert scene.story(order)[2:] == ["11:00:00 fill 5 @ 10.41"]


def test_an_order_can_be_rejected_after_it_was_accepted() -> None:
    scene = Scene(FLAT, faults=[fault(FaultKind.REJECT_AFTER_ACCEPT, "new", nth=1)])
    first, second = scene.buy(5), scene.buy(5)
    assert scene.status(first, second) == "rejected new"
    assert scene.story(first) == ["09:00:00 accepted", "09:00:00 rejected"]
    assert scene.now(first).failed_at == at(MON, "09:00")


def test_a_fill_can_be_partial_and_the_rest_canceled() -> None:
    scene = Scene(FLAT, faults=[fault(FaultKind.PARTIAL_THEN_CANCEL, "fill")])
    order = scene.buy(10)
    scene.to("12:00")
    assert scene.story(order)[2:] == ["09:30:00 partial_fill 5 @ 10.01", "09:30:00 canceled"]
    usd = scene.buy(None, notional="100")
    scene.to("16:00")
    assert scene.status(usd) == "canceled"
    assert 0 < scene.now(usd).filled_qty < (scene.now(usd).qty or 0)


# --- whole requests only ---


def test_a_refused_request_changes_nothing() -> None:
    scene = long_ten()
    stop = scene.sell(10, "stop", stop_price="9.00", tif="gtc")
    before, events = book_snapshot(scene.venue), len(scene.venue.events)
    for bad in (
        lambda: scene.buy(5),  # wash trade
        lambda: scene.buy(10**9, "limit", limit_price="1"),
        lambda: scene.sell(1),
        lambda: scene.buy(5, "limit", limit_price="9.999"),
        lambda: scene.replace(stop, stop_price="9.00"),
        lambda: scene.replace(stop, stop_price="11.00"),
        lambda: scene.cancel(scene.now(scene.venue.orders()[0])),
    ):
        with pytest.raises(Refusal):
            bad()
        assert book_snapshot(scene.venue) == before
        assert len(scene.venue.events) == events


def test_a_snapshot_is_json() -> None:
    document = json.loads(json.dumps(book_snapshot(long_ten().venue)))
    assert document["positions"] == [
        {"symbol": "F", "qty": "10", "avg_entry_price": "10.01", "price": "10"}
    ]
    assert document["counts"]["fills"] == 1


# --- the rest ---


def test_orders_are_found_by_both_ids() -> None:
    scene = Scene(FLAT)
    order = scene.buy(5, client_order_id="mine")
    assert scene.venue.order(order.id).client_order_id == "mine"
    assert scene.venue.order_by_client_id("mine").id == order.id
    for missing in (scene.venue.order, scene.venue.order_by_client_id):
        with pytest.raises(Refusal) as refusal:
            missing("nothing")
        assert refusal.value.status == 404


def test_time_does_not_run_backwards() -> None:
    scene = Scene(FLAT).to("10:00")
    with pytest.raises(ValueError, match="past"):
        scene.to("09:59")


def test_listeners_hear_every_event() -> None:
    scene = Scene(FLAT)
    heard: list[int] = []
    scene.venue.listeners.append(lambda event: heard.append(event.seq))
    scene.buy(5)
    scene.to("12:00")
    assert heard == [event.seq for event in scene.venue.events] == [1, 2, 3]


def test_ids_come_from_the_seed() -> None:
    ids = [Scene(FLAT, seed=seed).buy(5).id for seed in (7, 7, 8)]
    assert ids[0] == ids[1] != ids[2]
    venue = Scene(FLAT).venue
    assert venue.account_number.startswith("LX")
    assert len(venue.account_number) == 10
    asset = venue.asset("F")
    assert asset is not None
    assert venue.asset_by_id(asset.id) == asset


def test_days_without_trading_pass() -> None:
    scene = Scene(HandTape({"F": {MON: day(("09:30", 10.0)), WED: day(("09:30", 11.0))}}))
    order = scene.buy(5, "limit", limit_price="12.00", tif="gtc")
    scene.to("09:30")
    assert scene.status(order) == "filled"
    scene.to("12:00", TUE)
    assert scene.venue.price("F") == D(10)
    assert scene.venue.quote("F") == (None, None)
    assert scene.to("12:00", WED).venue.price("F") == D(11)


def test_a_replaced_order_is_charged_for_the_shares_it_has_yet_to_fill() -> None:
    scene = Scene(tape(("09:30", 10.0, 40), ("10:00", 10.2, 80)), cash=D(1000))
    order = scene.buy(90, "limit", limit_price="10.01")
    scene.to("09:31")
    assert scene.status(order) == "partially_filled"
    with pytest.raises(Refusal) as refused:
        scene.replace(order, qty="110")
    assert refused.value.message == "insufficient buying power"
    assert refused.value.extras["cost_basis"] == "1001"
    new = scene.replace(order, qty="99")
    assert (scene.status(order), scene.status(new)) == ("replaced", "new")
    assert scene.now(new).remaining + scene.held() == D(99)


def test_orders_sent_at_one_moment_have_times_of_their_own() -> None:
    scene = Scene(FLAT)
    bracket = {"order_class": "bracket", "take_profit": "11", "stop_loss": "9"}
    orders = [scene.buy(1, "limit", limit_price="9.50") for _ in range(3)]
    orders += [entry := scene.buy(1, "limit", limit_price="9.50", **bracket), *scene.legs(entry)]
    times = [order.submitted_at for order in orders]
    assert times == [scene.venue.now + 1000 * number for number in range(6)]
    assert all(order.created_at <= scene.now(order).updated_at for order in orders)
    assert scene.cancel(orders[5]).now(orders[5]).updated_at >= times[5]
    scene.to("12:00")
    assert scene.buy(1, "limit", limit_price="9.50").submitted_at == scene.venue.now


def test_an_order_id_holds_no_control_characters() -> None:
    with pytest.raises(Refusal, match="invalid client_order_id"):
        Scene(FLAT).buy(1, client_order_id="a\nb")
