"""A cancel whose answer was lost, or that was never heard, is asked for again soon."""

from __future__ import annotations

from pathlib import Path

from trading_rig import DAY, Rig, candidate, tape_of

from avwap_cli.trading.facts import HaltLevel


def test_an_unheard_cancel_delays_an_exit_by_seconds_only(tmp_path: Path) -> None:
    path = {DAY: [("09:30", 100.0), ("16:00", 100.0)]}
    rig = Rig(tmp_path, tape_of({"AAA": path}), start="09:26")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.to("09:30")
    rig.watch_until("09:31")
    rig.exchange.fault("429@DELETE /v2/orders,times=1")
    rig.halt = HaltLevel.FLATTEN
    began = rig.exchange.now()
    while not [o for o in rig.orders() if ".exit." in o.client_order_id]:
        rig.monitor(once=True)
        rig.exchange.step(2)
    assert (rig.exchange.now() - began).total_seconds() <= 14
