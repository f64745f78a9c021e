"""Failures of data and market: no prices, a mute stream, a crash, a split, a halt, a missed hour.

Each test makes one row of the table of failures on the local exchange and looks at what the
exchange then holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from failed_days import (
    UntilClock,
    flat_days,
    is_protected,
    listened,
    open_orders,
    opened,
    rules,
    same_everywhere,
    to_day,
    told,
    watch,
)
from trading_rig import DAY, Path_, Rig, Silent, candidate, clock_time, tape_of

from avwap_cli import playbook
from avwap_cli.adapters.bar_sources.alpaca_data import AlpacaBars
from avwap_cli.adapters.bar_store.bar_cache import BarCache
from avwap_cli.adapters.run_records import RunRecordFiles
from avwap_cli.errors import MissingInput
from avwap_cli.exchange.instants import eastern, instant
from avwap_cli.exchange.server import serving
from avwap_cli.market import sessions
from avwap_cli.market.splits import Split
from avwap_cli.stages.day.gapfilter import GapRequest, run_gapfilter
from avwap_cli.stages.day.monitor import run_monitor
from avwap_cli.stages.evening.refresh_cache import refresh_cache
from avwap_cli.stages.evening.refresh_documents import RefreshRequest
from avwap_cli.stages.operations.status import status
from avwap_cli.trading.facts import HaltLevel
from avwap_cli.trading.quotes import PriceBar
from avwap_cli.verdicts import Gate

D = Decimal
NEXT = sessions.next_session(DAY)
THIRD = sessions.next_session(NEXT)
ZERO = D(0)
SLOW = rules({"monitor.idle_s": "60", "monitor.busy_for_s": "10"})


def rig_of(tmp_path: Path, *symbols: str, start: str = "09:26", **changes: Any) -> Rig:
    return Rig(tmp_path, tape_of(flat_days(symbols, DAY, NEXT, THIRD)), start=start, **changes)


def falling(tmp_path: Path, path: Path_, **changes: Any) -> Rig:
    """AAA held and protected at 09:31; the session then follows that path."""
    paths = {"AAA": {DAY: [("09:30", 100), ("09:35", 100), *path], NEXT: [("09:30", path[-1][1])]}}
    paths["AAA"][NEXT] = [("09:30", path[-1][1]), ("16:00", path[-1][1])]
    rig = Rig(tmp_path, tape_of(paths), start="09:26", **changes)
    opened(rig, "AAA")
    assert is_protected(rig, "AAA")
    return rig


def left_at(rig: Rig) -> list[tuple[str, Decimal]]:
    """Time of day and price of every sale of AAA at the exchange."""
    with rig.exchange.reading() as venue:
        return [
            (f"{eastern(e.at):%H:%M}", e.price) for e in venue.fills if e.order.side.value == "sell"
        ]


# --- time-outs while fetching ---

MEMBERS = ("AAA", "BBB", "CCC", "DDD")


def refreshed(rig: Rig, home: Path, url: str, clock: Any) -> Any:
    """The evening's refresh of four members, two a request, over real HTTP."""
    data = replace(
        rig.rules.data,
        feed="sip",
        symbols_per_request=2,
        retries=replace(
            rig.rules.data.retries, page_waits_s=(1, 1), refresh_waits_s=(3,), timeout_s=5
        ),
    )
    as_of = sessions.previous_session(DAY)
    keys = rig.exchange.keys
    request = RefreshRequest(
        trade_session=DAY,
        as_of=as_of,
        members=MEMBERS,
        benchmarks=(),
        universe="u",
        sessions=sessions.last_sessions(as_of, 10),
        clean_frac=0.95,
        fetched_at=clock.now(),
    )
    return refresh_cache(
        request,
        clock=clock,
        data=AlpacaBars(data, keys.key_id, keys.secret, clock, url, jitter=lambda: 0.0),
        cache=BarCache(home / "cache"),
        store=rig.store,
        settings=data,
        progress=Silent(),
    )


@dataclass
class Counting:
    """The exchange's time, whose sleeps are noted and not slept."""

    rig: Rig
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.rig.exchange.now()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.mark.parametrize("fault", ["504-after-accept", "500", "reset"])
def test_a_batch_that_times_out_is_asked_for_again_later_and_later(
    tmp_path: Path, fault: str
) -> None:
    rig = rig_of(tmp_path, *MEMBERS, start="08:00")
    rig.exchange.fault(f"{fault}@GET /v2/stocks/bars,symbol=CCC,times=4")
    clock, heard = Counting(rig), listened(rig.exchange)
    with serving(rig.exchange) as server:
        outcome = refreshed(rig, tmp_path, server.url, clock)
    asked = [dict(r.query)["symbols"] for _, r, _ in heard if r.path == "/v2/stocks/bars"]
    assert outcome.counts["with_bar"] == 4
    assert asked == ["AAA,BBB", *["CCC,DDD"] * 5]  # what was there is not asked for again
    assert clock.slept == [1, 1, 3, 1]


def test_a_batch_that_never_comes_is_passed_over_and_counted(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, *MEMBERS, start="08:00")
    rig.exchange.fault("504-after-accept@GET /v2/stocks/bars,symbol=CCC")
    with serving(rig.exchange) as server:
        outcome = refreshed(rig, tmp_path, server.url, Counting(rig))
    assert (outcome.counts["with_bar"], outcome.counts["unanswered"]) == (2, 2)
    assert any("CCC, DDD" in warning for warning in outcome.warnings)
    coverage = rig.store.read_json(DAY, "cache.json")["coverage"]
    assert (coverage["expected"], coverage["with_bar"]) == (4, 2)  # which the scan refuses


# --- scan failed or absent ---


def gapfilter(rig: Rig, **changes: Any) -> Any:
    policy = replace(rig.rules.trading.entry.gap, **changes)
    ports = rig.ports()
    return run_gapfilter(
        GapRequest(rig.day, policy),
        store=rig.store,
        quotes=ports.quotes,
        clock=ports.clock,
        plan_exits=lambda: None,
    )


def test_without_a_scan_nothing_is_entered_and_exits_go_on(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, "AAA", rules=SLOW)
    opened(rig, "AAA")
    to_day(rig, sessions.offset(DAY, 0), "15:59")
    last = sessions.offset(DAY, 5)  # held for its five sessions
    paths = flat_days(["AAA"], *(sessions.offset(DAY, n) for n in range(6)))
    rig = Rig(tmp_path / "again", tape_of(paths), start="09:26", rules=SLOW)
    opened(rig, "AAA")
    to_day(rig, last, "09:26")

    for refused in (lambda: gapfilter(rig), lambda: rig.enter("moo")):
        with pytest.raises(MissingInput) as problem:
            refused()
        assert last.isoformat() in str(problem.value)
        assert ".json" in str(problem.value)
    watch(rig, "09:34")

    assert rig.held("AAA") == 0
    assert [p.executions[-1].reason for p in rig.book.closed] == ["time_exit"]
    page = status(rig.store, RunRecordFiles(tmp_path), rig.ports().clock, lambda _: None, last)
    states = {line["stage"]: str(line["state"].value) for line in page.body["stages"]}
    assert states["scan"] == "missing"
    assert page.exit_code == 9


# --- no price before the open ---


@pytest.mark.parametrize(("policy", "expected"), [("keep", "unverified"), ("drop", "rejected")])
def test_without_a_price_the_candidate_is_kept_or_dropped_as_configured(
    tmp_path: Path, policy: str, expected: str
) -> None:
    rig = rig_of(tmp_path, "AAA")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    next(tmp_path.rglob("gapfilter.json")).unlink()
    for place in ("quotes/latest", "trades/latest"):
        rig.exchange.fault(f"500@GET /v2/stocks/{place}")

    gapfilter(rig, on_missing=policy)
    rig.enter("moo")
    watch(rig, "09:32")

    document = rig.store.read_json(DAY, "gapfilter.json")
    (row,) = document["passed"] + document["rejected"]
    assert row["status"] == expected
    assert (rig.held("AAA") > 0) == (policy == "keep")


# --- the stream ---


@dataclass
class TapeFeed:
    """A stream of the exchange's minute bars that falls mute between two moments."""

    rig: Rig
    mute_from: str
    mute_until: str
    symbols: tuple[str, ...] = ()
    pushed_until: datetime | None = None
    heard_at: datetime | None = None

    def watch(self, symbols: Sequence[str]) -> None:
        self.symbols = tuple(symbols)

    def take(self) -> tuple[Sequence[PriceBar], bool]:
        now = self.rig.exchange.now()
        if clock_time(self.mute_from) <= now < clock_time(self.mute_until):
            self.pushed_until = now
            return (), False
        first = (self.pushed_until or now) - timedelta(minutes=1)
        bars = self.rig.ports().quotes.minute_bars(self.symbols, first, now)
        fresh = [b for b in bars if first < b.end <= now and b.end > first + timedelta(minutes=1)]
        self.pushed_until = now
        if fresh:
            self.heard_at = now
        return fresh, False

    def silent_s(self) -> float:
        now = self.rig.exchange.now()
        return float("inf") if self.heard_at is None else (now - self.heard_at).total_seconds()

    def close(self) -> None: ...


def streamed(rig: Rig, feed: TapeFeed, until: str) -> None:
    clock = UntilClock(rig.exchange, clock_time(until))
    try:
        run_monitor(replace(rig.ports(), feed=feed, clock=clock), rig.request())
    except BaseException as over:
        if type(over).__name__ != "Over":
            raise


@pytest.mark.parametrize("mute_until", ["16:00", "09:52"])
def test_a_mute_stream_is_polled_for_within_ninety_seconds(tmp_path: Path, mute_until: str) -> None:
    path = [("09:49", 100), ("09:50", 92), ("16:00", 92)]  # twice 7 % by 09:51
    rig = falling(tmp_path, path)
    streamed(rig, TapeFeed(rig, "09:40", mute_until), "09:56")
    assert rig.held("AAA") == 0
    ((at, _),) = left_at(rig)
    assert at <= "09:52"


# --- emergency moves ---


def test_twice_seven_percent_leaves_within_a_minute(tmp_path: Path) -> None:
    rig = falling(tmp_path, [("09:50", 100), ("09:51", 92.5), ("16:00", 92.5)])
    watch(rig, "09:56")
    ((at, price),) = left_at(rig)
    assert "09:52" <= at <= "09:53"
    assert price > D("92.4")
    assert told(rig, "exit", "AAA")


def test_ten_percent_in_one_bar_leaves_where_no_stop_stands(tmp_path: Path) -> None:
    rig = falling(tmp_path, [("09:50", 100), ("09:51", 89), ("16:00", 89)])
    rig.to("09:50")
    with rig.exchange.reading() as venue:
        venue.cancel(open_orders(rig, "AAA")[0].id)
    rig.to("09:51")
    watch(rig, "09:56")
    ((at, _),) = left_at(rig)
    assert at <= "09:52"


def test_a_fall_through_the_stop_sells_at_the_next_print(tmp_path: Path) -> None:
    rig = falling(tmp_path, [("09:50", 100), ("09:51", 85), ("16:00", 85)])
    watch(rig, "09:56")
    ((at, price),) = left_at(rig)
    assert at == "09:50"
    assert price <= D("90.02")
    assert [p.executions[-1].reason for p in rig.book.closed] == ["emergency_stop"]


def test_a_gap_overnight_sells_at_the_open(tmp_path: Path) -> None:
    paths = flat_days(["AAA"], DAY, NEXT)
    paths["AAA"][NEXT] = [("09:30", 80), ("16:00", 80)]
    rig = Rig(tmp_path, tape_of(paths), start="09:26")
    opened(rig, "AAA")
    to_day(rig, NEXT, "09:28")
    watch(rig, "09:33")
    assert rig.held("AAA") == 0
    ((at, price),) = left_at(rig)
    assert at == "09:30"
    assert D("79.9") < price <= D(80)
    assert open_orders(rig, "AAA") == []
    assert same_everywhere(rig)


# --- a missed window ---


def test_a_missed_window_makes_no_late_entries_and_exits_go_on(tmp_path: Path) -> None:
    paths = flat_days(["AAA", "BBB", "CCC"], *(sessions.offset(DAY, n) for n in range(6)))
    last = sessions.offset(DAY, 5)
    rig = Rig(tmp_path, tape_of(paths), start="09:26", rules=SLOW)
    opened(rig, "AAA")
    to_day(rig, last, "10:01")  # the host was down until then
    rig.plan(candidate("BBB", "rsi_mean_reversion"), candidate("CCC", "adx_pullback", 2))

    rig.enter("moo")
    rig.enter("confirm")
    watch(rig, "10:05")

    assert {(d.symbol, d.gate) for d in rig.book.denials} == {
        ("BBB", Gate.WINDOW),
        ("CCC", Gate.WINDOW),
    }
    assert (rig.held("AAA"), rig.held("BBB"), rig.held("CCC")) == (ZERO, ZERO, ZERO)
    assert [p.executions[-1].reason for p in rig.book.closed] == ["time_exit"]
    page = status(rig.store, RunRecordFiles(tmp_path), rig.ports().clock, lambda _: None, last)
    states = {line["stage"]: str(line["state"].value) for line in page.body["stages"]}
    assert states["enter-moo"] in ("missing", "overdue")


# --- a split overnight ---


def split_rig(tmp_path: Path, **changes: Any) -> Rig:
    """AAA at 100 held over a night in which it splits two for one."""
    split = Split("AAA", NEXT, 2.0)
    halves: Path_ = [("09:30", 50), ("16:00", 50)]
    paths = {"AAA": {DAY: [("09:30", 100), ("16:00", 100)], NEXT: halves}}
    rig = Rig(tmp_path, tape_of(paths, [split]), start="09:26", rules=SLOW, **changes)
    opened(rig, "AAA")
    assert rig.held("AAA") == 100
    return rig


def test_a_split_known_before_takes_the_stop_along(tmp_path: Path) -> None:
    rig = split_rig(tmp_path)
    rig.to("15:30")
    watch(rig, "15:54")
    assert is_protected(rig, "AAA")
    watch(rig, "16:02")
    assert open_orders(rig, "AAA") == []  # in the last five minutes the stop has gone

    to_day(rig, NEXT, "09:20")
    watch(rig, "09:26")

    (stop,) = open_orders(rig, "AAA")
    assert (rig.held("AAA"), stop.qty) == (200, 200)
    assert D("44") < stop.stop_price < D("50")
    watch(rig, "09:36")
    assert rig.held("AAA") == 200
    assert is_protected(rig, "AAA")
    assert same_everywhere(rig)
    assert rig.ledger.facts().decisions == []


def test_a_split_heard_of_too_late_makes_no_exit_from_the_old_price(tmp_path: Path) -> None:
    rig = split_rig(tmp_path)
    to_day(rig, NEXT, "09:20")  # nobody watched the evening before: the old stop rests at 90

    watch(rig, "09:40")

    assert rig.held("AAA") == 200
    assert rig.ledger.facts().decisions == []
    assert is_protected(rig, "AAA")
    assert [o.stop_price < 50 for o in open_orders(rig, "AAA")] == [True]


# --- trading halts, and what is hard to borrow ---


def test_a_trading_halt_makes_no_loop_and_ends_with_the_exit(tmp_path: Path) -> None:
    rig = rig_of(tmp_path, "AAA", rules=rules({"monitor.busy_s": "10"}))
    opened(rig, "AAA")
    rig.to("09:40")
    with rig.exchange.reading() as venue:
        venue.halt("AAA", instant(clock_time("10:30")))
    rig.halt = HaltLevel.FLATTEN

    watch(rig, "10:29")

    exits = [a for a in rig.ledger.facts().acts if ".exit." in a.client_id and a.verb == "submit"]
    assert 1 <= len(exits) <= 6
    assert rig.held("AAA") == 100
    assert is_protected(rig, "AAA")
    watch(rig, "10:50")
    assert rig.held("AAA") == 0
    assert told(rig, "exit", "AAA")


@pytest.mark.parametrize("direction", ["long", "short"])
def test_hard_to_borrow_overnight_is_protected_by_day_orders(
    tmp_path: Path, direction: str
) -> None:
    rig = rig_of(tmp_path, "AAA", rules=SLOW)
    strategy = "rsi_mean_reversion" if direction == "long" else "overbought_short"
    rig.plan(candidate("AAA", strategy))
    rig.enter("moo")
    watch(rig, "09:32")
    assert [o.tif.value for o in open_orders(rig, "AAA")] == ["gtc"]
    to_day(rig, NEXT, "08:00")
    if direction == "short":  # the local exchange refuses GTC sales alone
        rig.exchange.fault("refuse@POST /v2/orders,symbol=AAA,times=1,value=hard-to-borrow")
    with rig.exchange.reading() as venue:
        venue.set_borrow("AAA", "hard_to_borrow")
        for order in venue.open_orders("AAA"):
            venue.cancel(order.id)

    rig.to("09:20")
    watch(rig, "09:32")
    assert is_protected(rig, "AAA")
    assert [o.tif.value for o in open_orders(rig, "AAA")] == ["day"]
    sent = len(rig.ledger.facts().acts)
    watch(rig, "09:50")
    assert len(rig.ledger.facts().acts) == sent
    rig.to("15:58")
    watch(rig, "16:05")
    assert is_protected(rig, "AAA")  # placed anew after the close, for the next session
    to_day(rig, THIRD, "09:26")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    assert [d.gate for d in rig.book.denials][-1] in (Gate.BARRED, Gate.ALREADY_HELD)
    assert told(rig, "refusal", "AAA")


def test_the_playbook_knows_every_stage_used_here() -> None:
    assert {"scan", "gapfilter", "enter-moo", "monitor"} <= {s.name for s in playbook.STAGES}
