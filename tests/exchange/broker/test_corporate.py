"""Corporate matters: splits, delistings, borrow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hand_tape import MON, TUE, WED, HandTape, Scene

from avwap_cli.exchange.faults import Fault, FaultKind
from avwap_cli.exchange.refusals import Refusal
from avwap_cli.market.splits import Split

D = Decimal
BIG = 100_000


def tape(ratio: float = 4.0, after: float = 25.0, **others: Any) -> HandTape:
    """F splits on Tuesday, G trades on."""
    days = {
        MON: [("09:30", 100.0, BIG), ("15:59", 100.0, BIG)],
        TUE: [("09:30", after, BIG), ("15:59", after, BIG)],
        WED: [("09:30", after, BIG)],
    }
    calm = {day: [("09:30", 10.0, BIG), ("15:59", 10.0, BIG)] for day in (MON, TUE, WED)}
    return HandTape({"F": days, "G": calm, **others}, splits=[Split("F", TUE, ratio)])


def long(qty: str = "10", faults: Any = (), **more: Any) -> Scene:
    scene = Scene(tape(**more), "09:31", faults=faults)
    scene.buy(qty)
    return scene.to("16:00")


def test_a_split_multiplies_shares_and_divides_prices() -> None:
    scene = long()
    equity = scene.venue.balances().equity
    scene.to("04:00", TUE)
    position = scene.venue.position("F")
    assert position is not None
    assert (position.qty, position.avg_entry_price) == (D(40), D("25.0025"))
    assert position.lastday_price == D(25)
    assert scene.venue.price("F") == D(25)
    assert scene.venue.balances().equity == equity


@pytest.mark.parametrize(
    ("ratio", "after", "shares"), [(0.1, 1000.0, "1.1"), (1 / 3, 300.0, "3.666666667")]
)
def test_a_reverse_split_keeps_fractions(ratio: float, after: float, shares: str) -> None:
    scene = long("11", ratio=ratio, after=after)
    scene.to("04:00", TUE)
    assert scene.held() == D(shares)
    position = scene.venue.position("F")
    assert position is not None
    assert abs(position.cost_basis - 11 * D("100.01")) < D("1e-20")


def test_plain_limits_follow_a_split_and_stops_do_not() -> None:
    scene = long("20")
    stop = scene.sell(10, "stop", stop_price="90", tif="gtc")
    limit = scene.sell(10, "limit", limit_price="110", tif="gtc")
    scene.to("04:00", TUE)
    assert (scene.now(limit).limit_price, scene.now(limit).qty) == (D("27.50"), D(40))
    assert (scene.now(stop).stop_price, scene.now(stop).qty) == (D(90), D(10))
    scene.to("09:30")
    assert scene.story(stop)[-1] == "09:30:00 fill 10 @ 24.99"
    assert scene.held() == D(70)


@pytest.mark.parametrize("how", ["fault", "setting"])
def test_limits_stay_if_ordered_so(how: str) -> None:
    rules = [Fault(FaultKind.UNADJUSTED_LEGS, "split")] if how == "fault" else []
    scene = Scene(tape(), "09:31", faults=rules, splits_move_limits=how == "fault")
    limit = scene.buy(10, "limit", limit_price="90", tif="gtc")
    scene.to("04:00", TUE)
    assert (scene.now(limit).limit_price, scene.now(limit).qty) == (D(90), D(10))


def test_legs_left_behind_never_sell_more_than_is_held() -> None:
    scene = Scene(tape(ratio=0.1, after=1000.0), "09:31")
    entry = scene.buy(50, order_class="bracket", take_profit="150", stop_loss="90", tif="gtc")
    scene.to("04:00", TUE)
    profit, loss = scene.legs(entry)
    assert (profit.qty, scene.held()) == (D(50), D(5))
    scene.to("16:00")
    assert scene.held() == 0
    assert scene.story(profit)[-1] == "09:30:00 canceled"
    assert scene.now(profit).filled_qty == D(5)
    assert scene.status(loss) == "canceled"


def test_a_fill_cut_in_half_never_sells_more_than_a_fraction_held() -> None:
    half = Fault(FaultKind.PARTIAL_THEN_CANCEL, "fill", nth=2)
    scene = Scene(tape(ratio=0.1, after=1000.0), "09:31", faults=[half])
    entry = scene.buy(5, order_class="bracket", take_profit="150", stop_loss="90", tif="gtc")
    scene.to("09:30", TUE)
    profit, _ = scene.legs(entry)
    assert scene.story(profit)[-2:] == ["09:30:00 partial_fill 0.5 @ 999.99", "09:30:00 canceled"]
    assert scene.held() == 0


def test_a_limit_below_one_share_is_canceled() -> None:
    scene = Scene(tape(ratio=0.1, after=1000.0), "09:31")
    limit = scene.buy(9, "limit", limit_price="90", tif="gtc")
    assert scene.to("04:00", TUE).status(limit) == "canceled"


def test_a_delisted_symbol_loses_its_orders_and_keeps_its_position() -> None:
    gone = {MON: [("09:30", 5.0, BIG), ("15:59", 5.0, BIG)]}
    scene = Scene(tape(H=gone), "09:31")
    held = scene.buy(10, symbol="H")
    order = scene.buy(10, "limit", limit_price="4.00", tif="gtc", symbol="H")
    scene.to("16:00")
    assert scene.status(held) == "filled"
    scene.to("04:00", TUE)
    assert scene.status(order) == "canceled"
    asset = scene.venue.asset("H")
    assert asset is not None
    assert (asset.active, asset.shortable) == (False, False)
    assert (scene.held("H"), scene.venue.price("H")) == (D(10), D(5))
    with pytest.raises(Refusal, match="asset H is not active"):
        scene.venue.close_position("H")


def test_what_is_not_listed_yet_is_unknown() -> None:
    scene = Scene(tape(N={WED: [("09:30", 5.0, BIG)]}), "09:31")
    assert scene.venue.asset("N") is None
    assert "N" not in [asset.symbol for asset in scene.venue.assets()]
    assert scene.to("04:00", WED).venue.asset("N") is not None


@pytest.mark.parametrize("how", ["fault", "called"])
def test_short_sales_end_when_a_name_gets_hard_to_borrow(how: str) -> None:
    rules = [Fault(FaultKind.HARD_TO_BORROW, "borrow", symbol="G")] if how == "fault" else []
    scene = Scene(tape(), "09:31", faults=rules)
    short = scene.sell(10, "limit", limit_price="12", tif="gtc", symbol="G")
    other = scene.sell(1, "limit", limit_price="120", tif="gtc")
    if how == "called":
        scene.venue.set_borrow("G", "hard_to_borrow")
    assert scene.to("16:00").status(short) == "new"
    scene.to("04:00", TUE)
    assert scene.status(short, other) == "canceled new"
    asset = scene.venue.asset("G")
    assert asset is not None
    assert asset.borrow == "hard_to_borrow"
    with pytest.raises(Refusal, match="cannot be sold short"):
        scene.sell(10, symbol="G")
