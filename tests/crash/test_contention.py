"""Five programs at once: one request that changes something at a time, and no limit exceeded."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import pairwise
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import ensure_running
from multiprocessing.synchronize import Event
from pathlib import Path

import program_runner
import pytest
from crash_scenarios import CrashRig, made
from money_safety import ZERO, part
from real_programs import changes, environment, overheard, words_of
from trading_rig import DAY, RULES, Path_, candidate

from avwap_cli.exchange.protocol.messages import Answer, Request
from avwap_cli.exchange.server import Served
from avwap_cli.trading.facts import HaltLevel

FIVE = (
    ("enter", "--group", "moo"),
    ("enter", "--group", "confirm"),
    ("enter", "--group", "boh"),
    ("monitor", "--once"),
    ("halt", "flatten", "--why", "contention"),
)
ROUNDS = 4
LONG = 50
MOST_BEFORE_HALT = 5
WIRE_S = 0.01  # how long an order is on its way, so that two could meet
CODES = {0, 7, 8, 75}
WAY: Path_ = [("09:30", 99.5), ("09:50", 101), ("10:00", 101.2), ("16:00", 101.2)]


def busy_morning(folder: Path) -> CrashRig:
    """09:51, when every window is open; three candidates of each group."""
    names = {
        "rsi_mean_reversion": "ABC",
        "bb_squeeze": "DEF",
        "avwap": "GHI",
    }
    paths = {letter * 3: {DAY: WAY} for letters in names.values() for letter in letters}
    rig = made(folder, "09:51", paths)
    rows = [(letter * 3, strategy) for strategy, letters in names.items() for letter in letters]
    rig.plan(*(candidate(symbol, strategy, n + 1) for n, (symbol, strategy) in enumerate(rows)))
    return rig


@pytest.fixture(scope="module")
def warm() -> ForkServerContext:
    """Where processes come from that have imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["program_runner"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        ensure_running()
    return context


@contextmanager
def slow_wire(rig: CrashRig, go: Event, after: int) -> Iterator[Served]:
    """The exchange's address; what changes an order takes its time.

    Args:
        go: set once so many orders have come.
    """
    handle, came = rig.exchange.handle, 0

    def around(request: Request) -> Answer:
        nonlocal came
        if changes(request):
            came += 1
            if came >= after:
                go.set()
            time.sleep(WIRE_S)
        return handle(request)

    with overheard(rig, around) as served:
        yield served


def raced(rig: CrashRig, warm: ForkServerContext, notes: Path, after: int) -> list[int]:
    """Start the five at the same moment; their exit codes.

    The halt needs less time than the others to get to its point, so it waits for `after`
    orders of theirs, 0 = not at all.
    """
    together, go = warm.Barrier(len(FIVE)), warm.Event()
    with slow_wire(rig, go, after) as served:
        running = []
        for number, words in enumerate(FIVE):
            line = [*words_of(rig, served, words), "--set", "entry.passes_s=20"]
            waits = go if after and words[0] == "halt" else None
            to = (line, environment(rig), notes / f"{number}.jsonl", together, waits)
            running.append(warm.Process(target=program_runner.run, args=to))
        for process in running:
            process.start()
        for process in running:
            process.join(120)
    return [process.exitcode or 0 for process in running]


def on_the_wire(notes: Path) -> list[tuple[int, int]]:
    """When each request that changes something was under way, by the clock of the machine."""
    rows = [json.loads(line) for file in notes.glob("*.jsonl") for line in file.open()]
    return sorted((began, ended) for began, ended, *_ in rows)


def limits_kept(rig: CrashRig) -> list[str]:
    """Limits on entries that the orders at the exchange break."""
    risk = RULES.trading.risk
    entries = [o for o in rig.orders() if part(o, 4) == "entry"]
    groups = Counter(RULES.rules.strategies[part(o, 1)].entry_group for o in entries)
    strategies = Counter(part(o, 1) for o in entries)
    value = sum((o.qty * 101 for o in entries), ZERO)
    return [
        *(f"{n} entries of {g}" for g, n in groups.items() if n > (risk.max_new_per_group or n)),
        *(f"{n} entries of {s}" for s, n in strategies.items() if n > (risk.max_per_strategy or n)),
        *(["too many entries"] if len(entries) > (risk.max_new_per_session or 99) else []),
        *(["too much money"] if value > Decimal(len(entries) * 10_200) else []),
    ]


def rounds(
    number: int, warm: ForkServerContext, folder: Path, record: Callable[[str, object], None]
) -> None:
    told: Counter[str] = Counter()
    for round_ in range(number):
        rig = busy_morning(folder / str(round_))
        rig.ledger.close()
        notes = folder / f"notes{round_}"
        notes.mkdir()
        codes = raced(rig, warm, notes, round_ % MOST_BEFORE_HALT)
        said = "".join(f.read_text() for f in sorted(notes.glob("*.out")))
        assert set(codes) <= CODES, f"{codes}: {said}"
        times = on_the_wire(notes)
        assert all(one[1] <= two[0] for one, two in pairwise(times)), "two were on the wire"
        assert limits_kept(rig) == []
        rig.ledger = rig._ledger()
        halt = rig.book.halt(DAY)
        assert halt is not None, said
        assert halt.level is HaltLevel.FLATTEN
        rig.until_quiet()
        assert rig.violations() == []
        assert rig.holdings() == {}
        told["rounds of five programs"] += 1
        told["requests that changed something"] += len(times)
        told["entries sent"] += sum(part(o, 4) == "entry" for o in rig.orders())
        told["programs turned away as busy (75)"] += codes.count(75)
        told["programs halted (8)"] += codes.count(8)
    assert told["entries sent"] > number
    record("counted", {"contention": dict(told)})


@pytest.mark.stress
def test_five_programs_at_once(
    warm: ForkServerContext, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rounds(ROUNDS, warm, tmp_path, record_property)


@pytest.mark.soak
def test_five_programs_at_once_for_long(
    warm: ForkServerContext, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    rounds(LONG, warm, tmp_path, record_property)
