"""The trading day: what the ledger, the commands and a whole session cost.

The commands are the program itself, each a new process against a local exchange over
loopback HTTP whose time stands still: where they wait, its time moves and no real time
passes, so what is measured is what they take beyond their waits.  Requests are counted where
they arrive.
"""

from __future__ import annotations

import os
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.bar_sources.alpaca_data import AlpacaBars
from avwap_cli.adapters.bar_store.bar_cache import BarCache
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.server import serving
from avwap_cli.exchange.settings import Settings
from avwap_cli.market import sessions
from avwap_cli.stages.evening.refresh_cache import refresh_cache
from avwap_cli.stages.evening.refresh_documents import RefreshRequest
from avwap_cli.trading.facts import Act, Verb
from avwap_cli.trading.intents import Intent, Leg, Role
from avwap_cli.trading.orders import OrderKind, TimeInForce
from bench.market import PROGRAM
from bench.pairs import run
from bench.session import CANDIDATES, DAY, GROUPS, at, config, counting, market, wandering

Row = tuple[str, str, str, str]

BURSTS, CLAIMS = 20, 20
BARE = b"x" * 512  # what a bare write appends
SP500, SESSIONS = 503, 120
HELD = 5


def measured(folder: Path) -> list[Row]:
    """The rows of the bench's table."""
    return [
        ledger_claim(folder / "ledger"),
        *morning(folder / "morning"),
        session(folder / "session"),
        *refresh(folder / "refresh"),
        *demo(folder / "demo"),
    ]


def ledger_claim(folder: Path) -> Row:
    """Committing an intent and the act that follows, over a bare write and fdatasync.

    Bursts of both in turn on the same disk; wall time, because the disk is what counts.
    """
    folder.mkdir(parents=True)
    taken: list[tuple[float, float]] = []
    with SqliteLedger.open(folder / "ledger.sqlite3", "BENCH") as ledger:
        bare = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT)
        for burst in range(-1, BURSTS):
            first = (burst + 1) * CLAIMS + 1
            intents = [_intent(first + number) for number in range(CLAIMS)]
            began = time.perf_counter()
            for intent in intents:
                ledger.append(intent, Act(intent.made_at, Verb.SUBMIT, intent.id))
            between = time.perf_counter()
            for _ in range(CLAIMS):
                os.write(bare, BARE)
                os.fdatasync(bare)
            if burst >= 0:  # the first warms up
                taken.append((between - began, time.perf_counter() - between))
        os.close(bare)
    ratio = statistics.median(ours / base for ours, base in taken)
    ours, base = (1e6 * statistics.median(side) / CLAIMS for side in zip(*taken, strict=True))
    return (
        "ledger claim (intent and act) / an fdatasync",
        f"{ratio:.2f}x",
        "<= 2x",
        f"{ours:.0f} us over {base:.0f} us, median of {BURSTS} interleaved bursts of {CLAIMS}",
    )


def morning(folder: Path) -> list[Row]:
    """gapfilter, then the three groups, for twelve candidates that all become orders."""
    with market(folder, tuple(f"N{n:02d}" for n in range(CANDIDATES)), "09:25") as day:
        day.write_scan(list(GROUPS))
        gap = day.command("gapfilter")
        asked = day.asked
        prices = sum(n for what, n in asked.items() if "/v2/stocks/" in what)
        splits = sum(n for what, n in asked.items() if "corporate-actions" in what)
        took = {group: day.enter(group) for group in GROUPS}
        orders = sum(n for what, n in day.asked.items() if what == "POST /v2/orders")
    return [
        (
            f"avwap gapfilter for {CANDIDATES}",
            f"{gap.cpu_s:.1f} s",
            "<= 5 s",
            f"CPU with the program's start; wall {gap.wall_s:.1f} s",
        ),
        ("its requests for prices", f"{prices}", "1", f"and {splits} for corporate actions"),
        (
            f"avwap enter for {CANDIDATES}, the slowest group",
            f"{max(cost.cpu_s for cost in took.values()):.1f} s",
            "<= 2 s",
            f"CPU with the program's start; {orders} orders with their stops; wall"
            f" {', '.join(f'{group} {cost.wall_s:.1f} s' for group, cost in took.items())}",
        ),
    ]


def session(folder: Path) -> Row:
    """A whole session of monitor over HTTP, asked for minutes by polling."""
    with market(folder, tuple(f"N{n:02d}" for n in range(HELD)), "09:26") as day:
        day.write_scan(["moo"])
        day.command("gapfilter")
        day.enter("moo")
        day.to("09:28")
        before = sum(day.asked.values())
        cost = day.command("monitor")
        requests = sum(day.asked.values()) - before
        with day.exchange.reading() as venue:
            held = len(venue.positions())
    return (
        f"a session of avwap monitor with {HELD} positions",
        f"{cost.cpu_s:.0f} s",
        "",
        f"CPU of its own process, {requests:,} requests, {held} positions held at the close",
    )


def refresh(folder: Path) -> list[Row]:
    """The first refresh of an index's members, as shipped but for the window's length."""
    names = tuple(f"N{n:03d}" for n in range(SP500))
    as_of = sessions.previous_session(DAY)
    exchange = LocalExchange(
        wandering(names, SESSIONS, as_of), Settings(), start=at("20:15", as_of)
    )
    asked = counting(exchange)
    settings = config({}).data
    with serving(exchange) as served:
        clock = _Evening(at("20:15", as_of), time.perf_counter())
        keys = exchange.keys
        data = AlpacaBars(settings, keys.key_id, keys.secret, clock, url_override=served.url)
        cpu, began = time.process_time(), time.perf_counter()
        request = RefreshRequest(
            trade_session=DAY,
            as_of=as_of,
            members=names,
            benchmarks=(),
            universe="",
            sessions=sessions.last_sessions(as_of, SESSIONS),
            clean_frac=0.95,
            fetched_at=clock.now(),
        )
        outcome = refresh_cache(
            request,
            clock=clock,
            data=data,
            cache=BarCache(folder / "bars"),
            store=ArtifactFiles(folder / "outputs"),
            settings=settings,
            progress=_Nobody(),
        )
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    return [
        (
            f"refresh of {SP500} symbols x {SESSIONS} sessions from the exchange",
            f"{wall:.1f} s",
            "<= 60 s",
            f"at {settings.requests_per_minute} requests a minute; CPU of both sides {cpu:.1f} s;"
            f" {outcome.summary}",
        ),
        ("its requests", f"{sum(asked.values())}", "<= 20", _listed(asked)),
    ]


def demo(folder: Path) -> list[Row]:
    """`avwap demo` in a home of its own; the evening ends with scan.json."""
    folder.mkdir(parents=True)
    began = time.time()
    cpu, _ = run([*PROGRAM, "demo", "--home", str(folder), "--quiet"], {})
    whole = time.time() - began
    written = [path.stat().st_mtime for path in folder.rglob("scan.json")]
    evening = max(written, default=began) - began
    return [
        ("avwap demo, the evening", f"{evening:.0f} s", "<= 20 s", "wall time"),
        ("avwap demo, the whole day", f"{whole:.0f} s", "<= 60 s", f"wall time; CPU {cpu:.0f} s"),
    ]


@dataclass(frozen=True, slots=True)
class _Evening:
    """An evening's time from which real seconds count on."""

    began: datetime
    counter: float

    def now(self) -> datetime:
        return self.began + timedelta(seconds=time.perf_counter() - self.counter)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class _Nobody:
    """Progress nobody sees."""

    def begin(self, label: str, total: int | None) -> None: ...

    def advance(self, done: int, note: str = "") -> None: ...

    def end(self, note: str = "") -> None: ...

    def say(self, text: str) -> None: ...


def _intent(number: int) -> Intent:
    role = Role(DAY, "avwap", "AAPL", 1, Leg.ENTRY)
    return Intent(
        id=role.attempt(number),
        role=role,
        kind=OrderKind.LIMIT,
        tif=TimeInForce.DAY,
        shares=Decimal(12),
        limit_price=Decimal("410.10"),
        stop_price=None,
        reason="",
        decision_price=Decimal("409.075"),
        plan='{"plan": "' + 400 * "x" + '"}',
        replaces=None,
        made_at=at("09:50"),
    )


def _listed(asked: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(asked.items()))
