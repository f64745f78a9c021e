"""Sample messages: one of each kind, made up, for whoever wants to see where they arrive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from avwap_cli.review.digests import Health, Message, Run, of_notices, of_run
from avwap_cli.trading.facts import Notice

MADE_UP = "TEST"
HEALTH = Health(3 * 3600.0, 2, 5.0, 20, "made-up", "fresh")
NOTICES = (
    ("entry", "KO: bought 100 shares at 61.20 for avwap", False, False),
    ("exit", "KO: sold 100 shares at 64.05 for avwap (take_profit)", False, False),
    ("refusal", "the broker refused an order for KO: insufficient buying power", False, False),
    ("halt", "halt level no-entries is in force: person, a test of alerts", False, True),
    ("window", "monitor does not run: exits are made when it runs again", False, True),
    ("stage", "scan failed: cache.json is missing", False, True),
    ("differs", "KO: the ledger holds 100 shares, the broker 90", True, True),
    ("unprotected", "KO: 100 of 100 shares unprotected since 09:31:00 ET", True, True),
)
CANDIDATES = (
    {"rank": 1, "symbol": "KO", "direction": "long", "entry": 61.2, "stop": 59.8,
     "strategy": "avwap"},
    {"rank": 2, "symbol": "PEP", "direction": "short", "entry": 170.05, "stop": 174.1,
     "strategy": "overbought_short"},
)  # fmt: skip
ORDERS = (
    {"symbol": "KO", "direction": "long", "shares": 100, "filled_shares": 40,
     "filled_avg_price": 61.2, "state": "open"},
)  # fmt: skip


def samples(session: date, at: datetime) -> Iterator[tuple[str, Message]]:
    """Each kind's name and message, the digests of runs first."""
    for kind, run in _runs(session).items():
        message = of_run(run, (), HEALTH)
        if message is not None:
            yield kind, message
    for kind, text, page, begins in NOTICES:
        notice = Notice(at, session, kind, f"{MADE_UP}.{kind}", text, page, begins)
        yield kind, of_notices(Run("monitor", session, MADE_UP), [notice])


def _runs(session: date) -> dict[str, Run]:
    def run(stage: str, summary: str) -> Run:
        return Run(stage, session, MADE_UP, "done", summary)

    scan = Run("scan", session, MADE_UP, "done", "2 candidates of 9 signals", candidates=CANDIDATES)
    enter = Run("enter-moo", session, MADE_UP, "done", "moo: 1 working", orders=ORDERS)
    degraded = Run(
        "refresh-cache", session, MADE_UP, "done", "bars of 2,300 symbols", "degraded",
        ("2,300 of 2,500 symbols have their bar",),
    )  # fmt: skip
    return {"scan": scan, "orders": enter, "degraded": degraded, "report": run("report", "1 exit")}
