"""What the trading day promises whatever happens: halts, bad answers, dry runs, the same day twice.

A promise is kept at the exchange: what counts is which requests reached it and what it holds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from failed_days import (
    Over,
    UntilClock,
    flat_days,
    is_protected,
    listened,
    open_orders,
    opened,
    paged,
    to_day,
    watch,
)
from trading_rig import DAY, Path_, Rig, candidate, clock_time, tape_of
from typer.testing import CliRunner

from avwap_cli import playbook
from avwap_cli.cli import app
from avwap_cli.errors import AvwapError
from avwap_cli.exchange.server import serving
from avwap_cli.market import sessions
from avwap_cli.stages.day.enter import run_enter
from avwap_cli.stages.day.monitor import run_monitor
from avwap_cli.trading.entry_windows import entry_spans
from avwap_cli.trading.facts import HaltLevel

D = Decimal
NEXT = sessions.next_session(DAY)
CHANGES = ("POST", "PATCH", "DELETE")
STRATEGY = {"moo": "rsi_mean_reversion", "confirm": "adx_pullback", "boh": "avwap"}
AT = {"moo": "09:26", "confirm": "09:46", "boh": "09:55"}
BREAKOUT: Path_ = [("09:30", 99.5), ("09:36", 101), ("16:00", 101)]


# --- failed and partial answers: no entry, and never "flat" ---

BROKEN = (
    "500",
    "html",
    "reset",
    "hang",
    "401",
    "429",
    "truncated-page,value=bytes",
    "missing-field,value=id",
    "missing-field,value=symbol",
    "missing-field,value=qty",
)
PLACES = (
    "/v2/orders",
    "/v2/positions",
    "/v2/account/activities/FILL",
    "/v2/account",
    "/v2/clock",
    "/v2/calendar",
    "/v2/assets/*",
)
NEEDS = {  # the fields that an answer cannot do without
    "/v2/orders": ("id", "symbol", "qty"),
    "/v2/positions": ("symbol", "qty"),
    "/v2/account/activities/FILL": ("id", "symbol", "qty"),
    "/v2/assets/*": ("symbol",),
}


def beside(rig: Rig, symbol: str) -> None:
    """enter and one pass of monitor, whatever they raise."""
    rig.plan(candidate(symbol, "adx_pullback"))
    with suppress(AvwapError):
        rig.enter("confirm")
    with suppress(AvwapError):
        rig.monitor(once=True)


@pytest.mark.parametrize("place", PLACES)
def test_a_broken_answer_is_neither_an_entry_nor_flat(tmp_path: Path, place: str) -> None:
    names = [f"B{chr(65 + n)}" for n in range(len(BROKEN) + 1)]
    rig = Rig(tmp_path, tape_of(flat_days(["AAA", *names], DAY)), start="09:26")
    opened(rig, "AAA")
    rig.to("09:46")
    heard = listened(rig.exchange)

    for symbol, fault in zip(names, BROKEN, strict=False):
        kind, _, value = fault.partition(",value=")
        if kind == "missing-field" and value not in NEEDS.get(place, ()):
            continue
        text = f"{kind}@GET {place}" + (f",value={value}" if value else "")
        number = rig.exchange.fault(text)
        beside(rig, symbol)
        rig.exchange.context.faults.remove(number)
        assert [r.method for _, r, _ in heard if r.method in CHANGES] == [], fault
        assert [p.symbol for p in rig.book.open] == ["AAA"], fault
        assert rig.ledger.facts().decisions == [], fault
    assert is_protected(rig, "AAA")

    beside(rig, names[-1])  # with whole answers it enters
    assert "POST" in [r.method for _, r, _ in heard]


@pytest.mark.parametrize("place", ["/v2/orders", "/v2/positions", "/v2/account/activities/FILL"])
def test_a_page_that_is_cut_short_once_changes_nothing(tmp_path: Path, place: str) -> None:
    rig = Rig(tmp_path, tape_of(flat_days(["AAA"], DAY)), start="09:26")
    opened(rig, "AAA")
    heard = listened(rig.exchange)
    rig.exchange.fault(f"truncated-page@GET {place},times=1")
    watch(rig, "09:36")
    assert rig.exchange.context.faults.fired.total() == 1
    assert [r.method for _, r, _ in heard if r.method in CHANGES] == []
    assert [p.symbol for p in rig.book.open] == ["AAA"]
    assert is_protected(rig, "AAA")


# --- protected at the end of every pass ---


@dataclass
class Watchful(UntilClock):
    """A clock that looks at the exchange after every pass."""

    rig: Rig | None = None
    bare_since: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    looked: int = 0

    def sleep(self, seconds: float) -> None:
        assert self.rig is not None
        rig, now = self.rig, self.now()
        self.looked += 1
        with rig.exchange.reading() as venue:
            held = {p.symbol: p.qty for p in venue.positions()}
        for symbol in ("AAA", "BBB", "CCC"):
            against = [o for o in open_orders(rig, symbol) if ".entry." not in o.client_order_id]
            if symbol not in held and against:
                self.wrong.append(f"{now:%H:%M:%S} {symbol}: {len(against)} orders, nothing held")
            if symbol not in held or is_protected(rig, symbol):
                self.bare_since.pop(symbol, None)
                continue
            since = self.bare_since.setdefault(symbol, now)
            if now - since > timedelta(seconds=60) and not paged(rig, symbol):
                self.wrong.append(f"{now:%H:%M:%S} {symbol}: bare since {since:%H:%M:%S}")
        super().sleep(seconds)


def test_every_pass_ends_with_each_position_protected(tmp_path: Path) -> None:
    """Trims, a target, a stop and a second session's moves, looked at after each pass."""
    paths: dict[str, dict[date, Path_]] = {
        "AAA": {
            DAY: [*BREAKOUT[:2], ("10:05", 102), ("10:10", 107), ("10:20", 111), ("16:00", 108)]
        },
        "BBB": {DAY: [("09:30", 100), ("10:05", 100), ("10:10", 88), ("16:00", 88)]},
        "CCC": {DAY: [("09:30", 100), ("16:00", 100)]},
    }
    for days in paths.values():
        days[NEXT] = [("09:30", days[DAY][-1][1]), ("09:40", 108), ("16:00", 108)]
    rig = Rig(tmp_path, tape_of(paths), start="09:26")
    moo = [candidate("BBB", "rsi_mean_reversion"), candidate("CCC", "rsi_mean_reversion", 2)]
    rig.plan(*moo, candidate("AAA", "avwap", 3))
    rig.enter("moo")
    looked = 0
    for day, groups, until in ((DAY, ["boh"], "10:30"), (NEXT, [], "09:50")):
        if day != DAY:
            to_day(rig, day, "09:28")
        clock = Watchful(rig.exchange, clock_time("09:55" if groups else until, day), rig)
        with suppress(Over):
            run_monitor(replace(rig.ports(), clock=clock), rig.request())
        for group in groups:
            rig.enter(group)
            clock.until = clock_time(until, day)
            with suppress(Over):
                run_monitor(replace(rig.ports(), clock=clock), rig.request())
        assert clock.wrong == []
        looked += clock.looked
    assert looked > 100
    reasons = {d.reason for d in rig.ledger.facts().decisions}
    assert {"trim_r1", "trim_r2", "take_profit"} <= reasons


# --- halts ---


@pytest.mark.parametrize("level", [h for h in HaltLevel if h is not HaltLevel.NONE])
@pytest.mark.parametrize("group", ["moo", "confirm", "boh"])
def test_no_group_enters_under_a_halt(tmp_path: Path, group: str, level: HaltLevel) -> None:
    path = BREAKOUT if group == "boh" else [("09:30", 100), ("16:00", 100)]
    rig = Rig(tmp_path, tape_of({"AAA": {DAY: path}}), start=AT[group])
    rig.plan(candidate("AAA", STRATEGY[group]))
    rig.halt = level
    heard = listened(rig.exchange)
    assert rig.enter(group).exit_code == 8
    assert {r.method for _, r, _ in heard} == {"GET"}


def test_a_halt_is_read_at_the_last_line_before_the_request(tmp_path: Path) -> None:
    """Wherever it comes in the run, no entry leaves after it."""
    sent = []
    for calls in range(12):
        rig = Rig(tmp_path / str(calls), tape_of(flat_days(["AAA"], DAY)), start="09:26")
        rig.plan(candidate("AAA", "rsi_mean_reversion"))
        said: list[HaltLevel] = []

        def level(after: int = calls, said: list[HaltLevel] = said) -> HaltLevel:
            said.append(HaltLevel.NONE if len(said) < after else HaltLevel.NO_ENTRIES)
            return said[-1]

        handle = rig.exchange.gateway.handle
        before: list[HaltLevel] = []

        def noting(
            request: Any, handle: Any = handle, said: Any = said, before: Any = before
        ) -> Any:
            if request.method == "POST" and request.path == "/v2/orders":
                before.append(said[-1])
            return handle(request)

        rig.exchange.gateway.handle = noting  # type: ignore[method-assign]
        run_enter(replace(rig.ports(), halt_file=level), rig.request("moo"))
        assert set(before) <= {HaltLevel.NONE}, calls
        sent.append(bool(before))
        for order in rig.orders():
            assert order.status.value in ("canceled", "new", "accepted", "pending_cancel")
    assert set(sent) == {True, False}


@pytest.mark.parametrize("level", [h for h in HaltLevel if h is not HaltLevel.NONE])
def test_no_halt_keeps_a_stop_from_being_placed_or_moved(tmp_path: Path, level: HaltLevel) -> None:
    rig = Rig(tmp_path, tape_of(flat_days(["AAA"], DAY, NEXT)), start="09:26")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.to("09:30")
    rig.halt = level
    watch(rig, "09:31:30")
    if level is HaltLevel.FLATTEN:
        assert (rig.held("AAA"), open_orders(rig, "AAA")) == (D(0), [])
        return
    assert rig.held("AAA") > 0
    assert is_protected(rig, "AAA")
    first = open_orders(rig, "AAA")[0].stop_price
    to_day(rig, NEXT, "09:28")
    watch(rig, "09:32")
    assert is_protected(rig, "AAA")
    assert open_orders(rig, "AAA")[0].stop_price > first


@pytest.mark.parametrize("level", [h for h in HaltLevel if h is not HaltLevel.NONE])
def test_a_halt_cancels_what_waits_to_enter(tmp_path: Path, level: HaltLevel) -> None:
    rig = Rig(tmp_path, tape_of(flat_days(["AAA"], DAY)), start="09:26")
    rig.plan(candidate("AAA", "rsi_mean_reversion"))
    rig.enter("moo")
    rig.to("09:28")
    rig.halt = level
    watch(rig, "09:32")
    assert [o.status.value for o in rig.orders()] == ["canceled"]
    assert rig.held("AAA") == 0


# --- dry runs ---

COMMANDS = [
    ("09:26", ["gapfilter"]),
    ("09:27", ["enter", "--group", "moo"]),
    ("09:47", ["enter", "--group", "confirm"]),
    ("09:55", ["enter", "--group", "boh"]),
    ("09:55", ["monitor"]),
    ("09:55", ["monitor", "--once"]),
    ("09:55", ["halt", "flatten", "--why", "test"]),
    ("09:55", ["resume"]),
    ("09:55", ["tick"]),
    ("16:20", ["report"]),
]


@contextmanager
def home_of(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The rig's folder as a home whose broker is the rig's exchange, over real HTTP."""
    keys = rig.exchange.keys
    monkeypatch.setenv("ALPACA_API_KEY", keys.key_id)
    monkeypatch.setenv("ALPACA_SECRET_KEY", keys.secret)
    (rig.folder / "config").mkdir(exist_ok=True)
    with serving(rig.exchange) as server:
        monkeypatch.setenv("AVWAP_BROKER__MODE", "exchange")
        monkeypatch.setenv("AVWAP_BROKER__URL", server.url)
        yield rig.folder


def files_of(folder: Path) -> dict[str, bytes]:
    found = (p for p in folder.rglob("*") if p.is_file())
    files = {str(p.relative_to(folder)): p.read_bytes() for p in found}
    aside = ("outputs/dry-run/", "outputs/locks/", "outputs/logs/", "logs/", "locks/")
    return {name: data for name, data in files.items() if not name.startswith(aside)}


@pytest.mark.parametrize(("at", "words"), COMMANDS, ids=lambda v: v if isinstance(v, str) else v[0])
def test_a_dry_run_sends_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, words: list[str]
) -> None:
    rig = Rig(tmp_path, tape_of({"AAA": {DAY: BREAKOUT}, "BBB": {DAY: BREAKOUT}}), start="09:25")
    rig.plan(candidate("AAA", "rsi_mean_reversion"), candidate("BBB", "avwap", 2))
    rig.to(at)
    rig.ledger.close()
    with home_of(rig, monkeypatch) as home:
        before, heard = files_of(home), listened(rig.exchange)
        result = CliRunner().invoke(app, [*words, "--dry-run", "--home", str(home), "--json"])
        assert result.exit_code == 0, result.output
        if words[0] == "enter":
            count = "0 orders" if words[2] == "confirm" else "1 order"
            assert f"dry run, {count} would be sent" in result.output
        assert {r.method for _, r, _ in heard} <= {"GET"}
        assert files_of(home) == before
        assert rig.orders() == []


# --- the same day twice ---

SAME_DAY = """
import hashlib, json, sys
from pathlib import Path
sys.path[:0] = [{support!r}]
from failed_days import watch
from trading_rig import DAY, Rig, candidate, tape_of

folder, start = Path(sys.argv[1]), sys.argv[2]
moving = [("09:30", 100), ("09:35", 100), ("09:40", 108), ("16:00", 108)]
falling = [("09:30", 100), ("09:35", 100), ("09:40", 92), ("16:00", 92)]
names = ["AAA", "BBB", "CCC", "DDD"]
rig = Rig(folder, tape_of({{n: {{DAY: falling if n < "C" else moving}} for n in names}}), start=start)
rows = [("AAA", "rsi_mean_reversion"), ("CCC", "overbought_short"), ("DDD", "rsi_mean_reversion")]
rig.plan(*(candidate(s, how, n) for n, (s, how) in enumerate(rows, 1)))
rig.enter("moo")
watch(rig, "09:42")
rig.monitor(once=True)
orders = [
    [o.client_order_id, o.side, o.type, o.tif, str(o.qty), str(o.stop_price), o.status]
    for o in rig.orders()
]
skip = ("ledger", ".lock")
found = {{
    p.name: hashlib.sha256(p.read_bytes()).hexdigest()
    for p in sorted(folder.rglob("*")) if p.is_file() and not any(s in p.name for s in skip)
}}
print(json.dumps([orders, found]))
"""


def same_day(folder: Path, start: str = "09:26", **environment: str) -> tuple[list[Any], Any]:
    folder.mkdir()
    root = Path(__file__).resolve().parents[2]
    support = root / "tests" / "support"
    made = subprocess.run(
        [sys.executable, "-c", SAME_DAY.format(support=str(support)), str(folder), start],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
    )
    assert made.returncode == 0, made.stderr
    orders, files = json.loads(made.stdout.splitlines()[-1])
    return orders, files


def test_the_same_day_twice_is_the_same_to_the_byte(tmp_path: Path) -> None:
    first = same_day(tmp_path / "a", PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C")
    again = same_day(tmp_path / "b", PYTHONHASHSEED="2", TZ="Asia/Tokyo", LC_ALL="de_DE.UTF-8")
    assert first == again
    assert {"entries.json", "exits.json", "trades.jsonl", "alerts.jsonl"} <= first[1].keys()
    assert len(first[0]) == 6  # two entries, their stops and their exits


def test_another_start_second_makes_the_same_orders(tmp_path: Path) -> None:
    first = same_day(tmp_path / "a", "09:26:00", PYTHONHASHSEED="1")
    later = same_day(tmp_path / "b", "09:26:37", PYTHONHASHSEED="3")
    assert first[0] == later[0]


# --- the calendar ---


def test_entries_are_only_sent_inside_their_commands_windows_for_each_session() -> None:
    checked = 0
    for session in sessions.sessions_between(date(2015, 1, 2), date(2030, 12, 31)):
        opens, closes = sessions.opens_at(session), sessions.closes_at(session)
        for group in STRATEGY:
            begins, ends = playbook.windows(f"enter-{group}", session)
            spans = entry_spans(group, session)
            assert begins <= spans[0][0] < spans[-1][1] <= ends
            for start, end in spans:
                assert end <= closes - timedelta(minutes=30)
                assert start >= opens - timedelta(minutes=4)
                assert end <= opens - timedelta(seconds=30) or start >= opens
            checked += 1
    assert checked == 3 * 4021
