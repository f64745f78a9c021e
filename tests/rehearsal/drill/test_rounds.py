"""The whole round holds and leaves nothing behind; a brake that is out of order is named."""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from doc_pages import PAGES, section, table
from typer.testing import CliRunner

from avwap_cli.adapters.broker import alpaca_broker
from avwap_cli.adapters.broker.doors import Door
from avwap_cli.cli import app
from avwap_cli.errors import UNHEALTHY, AvwapError, UsageError
from avwap_cli.rehearsal.drill.brakes import Brake, Finding, Kind
from avwap_cli.rehearsal.drill.bystanders import Silent
from avwap_cli.rehearsal.drill.rounds import brakes, run_drill
from avwap_cli.rehearsal.drill.yards import Yard
from avwap_cli.stages.day import acting, day_halts, enter, monitor, passes
from avwap_cli.stages.day.halt_levels import HaltReader
from avwap_cli.trading import entry_gates, symbol_steps
from avwap_cli.trading.attempts import Attempts
from avwap_cli.trading.exits import Held
from avwap_cli.trading.facts import HaltLevel
from avwap_cli.verdicts import Gate, HoldReason
from avwap_cli.wiring.drill_desk import DrillDesk

Broken = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """An empty folder without keys, a folder for what is temporary, and no network."""

    def refused(*_: Any) -> None:
        raise AssertionError("a drill needs no network")

    here, aside = tmp_path / "here", tmp_path / "aside"
    here.mkdir()
    aside.mkdir()
    for name in ("ALPACA_API_KEY", "ALPACA_SECRET_KEY", "AVWAP_HOME", "AVWAP_LIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    monkeypatch.chdir(here)
    return here, aside


def test_every_brake_holds_and_nothing_is_left(alone: tuple[Path, Path]) -> None:
    done = CliRunner().invoke(app, ["drill", "--json"])
    document = json.loads(done.stdout)
    rows = document["body"]["brakes"]
    assert [row["name"] for row in rows if not row["held"]] == []
    assert (done.exit_code, document["counts"]["brakes"]) == (0, len(brakes()))
    assert {row["kind"] for row in rows} == {str(kind) for kind in Kind}
    assert all(row["did"] and row["happened"] for row in rows)
    assert [list(folder.iterdir()) for folder in alone] == [[], []]


def test_the_page_tells_of_every_kind() -> None:
    rows = table(section(PAGES["docs/going-live.md"], "The drill"))
    assert [kind for kind, _ in rows] == list(Kind)


def test_names_are_unique() -> None:
    names = [brake.name for brake in brakes()]
    assert len(set(names)) == len(names)


def test_one_line_a_brake_and_a_sum(alone: tuple[Path, Path]) -> None:
    done = CliRunner().invoke(app, ["drill", "--only", "halted", "--only", "live-account"])
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[1] for line in lines if line[:1] == ["ok"]] == ["halted", "live-account"]
    assert "drill: all 2 brakes hold" in done.stdout


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="did you mean 'gap-through'"):
        run_drill(["gap-trough"], Silent())


def test_a_brake_that_fails_is_named_and_ends_with_its_code(
    alone: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, Gate.WINDOW)
    done = CliRunner().invoke(app, ["drill", "--only", "window", "--only", "clock"])
    assert done.exit_code == UNHEALTHY
    assert "drill: 1 of 2 brakes do not hold: window" in done.stdout
    assert "window FAILED: moo at 10:01: the order came to the exchange" in done.stderr


def test_a_drill_that_cannot_go_on_is_a_failed_brake(monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(_: Yard) -> Finding:
        raise AvwapError("the ledger is full")

    made = [Brake(Kind.MISHAP, "stuck", "nothing", stuck)]
    monkeypatch.setattr("avwap_cli.rehearsal.drill.rounds.brakes", lambda: made)
    (row,) = run_drill([], Silent()).body["brakes"]
    assert (row["held"], row["happened"]) == (
        False,
        "the drill could not go on: the ledger is full",
    )


@pytest.mark.parametrize(
    "problem",
    [ZeroDivisionError("no price"), KeyError("KO"), TypeError("None"), OSError(28, "disk full")],
    ids=lambda each: type(each).__name__,
)
@pytest.mark.parametrize("closing", [False, True], ids=["pulled", "closed"])
def test_a_fault_nobody_foresaw_fails_its_brake_and_the_others_go_on(
    problem: Exception, closing: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise problem

    def faulty(yard: Yard) -> Finding:
        if not closing:
            fails()
        yard.held.callback(fails)
        return Finding(True, "held")

    made = [
        Brake(Kind.MISHAP, "faulty", "nothing", faulty),
        Brake(Kind.MISHAP, "sound", "nothing", lambda _: Finding(True, "held")),
    ]
    monkeypatch.setattr("avwap_cli.rehearsal.drill.rounds.brakes", lambda: made)
    outcome = run_drill([], Silent())
    faulty_row, sound_row = outcome.body["brakes"]
    words = f"the drill broke off: {type(problem).__name__}: {problem}"
    assert (faulty_row["held"], faulty_row["happened"]) == (False, words)
    assert (sound_row["held"], sound_row["happened"]) == (True, "held")
    assert (outcome.body["failed"], outcome.exit_code) == (["faulty"], UNHEALTHY)


# --- one part of the program at a time is out of order ---


def without(monkeypatch: pytest.MonkeyPatch, gate: Gate) -> None:
    left = {g: check for g, check in entry_gates.CHECKS.items() if g is not gate}
    monkeypatch.setattr(entry_gates, "CHECKS", left)


def no_stop_is_placed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(symbol_steps, "protect", lambda *_: [])


def entries_are_left_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(symbol_steps, "entry_steps", lambda *_: [])


def no_price_decides(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(monitor, "decide", lambda *_: Held(HoldReason.HOLD))


def nobody_is_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(passes, "notices_of", lambda *_: ())


def splits_are_not_taken(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(passes, "take_splits", lambda *_: None)


def no_halt_is_read(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HaltReader, "level", lambda _: HaltLevel.NONE)


def the_last_line_reads_no_halt(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(acting.Actor, "_forbidden", lambda *_: False)


def losses_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    for module in (day_halts, enter):
        patch.setattr(module, "breaches", lambda *_: [])


def every_door_is_open(patch: pytest.MonkeyPatch) -> None:
    url = "https://api.alpaca.markets"
    door = Door("live", url, url, "wss://api.alpaca.markets/stream", None)
    patch.setattr(alpaca_broker, "checked_door", lambda *_: door)


def any_account_will_do(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Door, "checked_account", lambda *_: None)


def the_lock_locks_nothing(patch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def unlocked(*_: Any) -> Iterator[None]:
        yield

    patch.setattr(DrillDesk, "account_lock", unlocked)


def plans_are_not_pinned(patch: pytest.MonkeyPatch) -> None:
    without(patch, Gate.STALE_PLAN)


def there_is_no_window(patch: pytest.MonkeyPatch) -> None:
    without(patch, Gate.WINDOW)


def nothing_is_sent_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Attempts, "to_resend", lambda *_: None)


BROKEN: list[tuple[Broken, list[str]]] = [
    (
        no_stop_is_placed,
        ["stop-after-fill", "stop-of-a-short", "partial-fill", "stop-moved", "gap-through"],
    ),
    (entries_are_left_alone, ["partial-fill", "halt-cancels-entries"]),
    (no_price_decides, ["emergency-stop", "trim", "flatten"]),
    (nobody_is_told, ["unprotected-page"]),
    (splits_are_not_taken, ["split-day"]),
    (no_halt_is_read, ["no-entries", "reduce-only", "flatten", "halt-file", "halt-file-flatten"]),
    (the_last_line_reads_no_halt, ["halt-at-the-last-line"]),
    (losses_are_not_looked_at, ["daily-loss-halt", "drawdown-halt", "refusals-halt"]),
    (every_door_is_open, ["live-mode", "live-address", "live-account", "local-keys", "own-keys"]),
    (any_account_will_do, ["live-other-account"]),
    (the_lock_locks_nothing, ["lock-busy"]),
    (plans_are_not_pinned, ["frozen-plan"]),
    (there_is_no_window, ["late-answers"]),
    (nothing_is_sent_again, ["killed-before-request"]),
]


@pytest.mark.parametrize(("broken", "names"), BROKEN, ids=lambda it: getattr(it, "__name__", ""))
def test_what_is_out_of_order_is_named(
    monkeypatch: pytest.MonkeyPatch, broken: Broken, names: list[str]
) -> None:
    broken(monkeypatch)
    outcome = run_drill(names, Silent())
    assert sorted(outcome.body["failed"]) == sorted(names)
    assert outcome.exit_code == UNHEALTHY
