"""A split that is heard of only on its own morning: the stop of the old basis goes at once."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from trading_rig import DAY, Rig, candidate, tape_of

from avwap_cli.market import sessions
from avwap_cli.market.splits import Split

NEXT = sessions.next_session(DAY)


def test_stop_of_the_old_basis_is_gone_before_the_open(tmp_path: Path) -> None:
    """At the open 25.50 would trade through a stop of 90 that nobody has canceled."""
    days = {DAY: [("09:30", 100), ("16:00", 102)], NEXT: [("09:30", 25.5), ("16:00", 26)]}
    rig = Rig(tmp_path, tape_of({"AAA": days}, splits=[Split("AAA", NEXT, 4.0)]), start="09:26")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.to("12:00")  # the host is down from here to the next morning
    rig.monitor(once=True)
    bought = rig.held("AAA")

    rig.day = NEXT
    rig.to("09:28")
    rig.reopen()
    rig.watch_until("09:35")
    stops = [(o.status.value, o.qty) for o in rig.orders() if ".stop." in o.client_order_id]
    assert stops == [("canceled", bought), ("new", 4 * bought)]
    assert rig.held("AAA") == 4 * bought
    assert rig.book.held("AAA") == Decimal(4 * bought)
