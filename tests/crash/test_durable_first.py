"""No order reaches the wire before it is durable, and no artifact is ever half there."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from crash_points import Recorder
from crash_scenarios import SCENARIOS, CrashRig, Scenario
from real_programs import changes, order_of

from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.exchange.protocol.messages import Answer, Request

DAY = date(2026, 11, 23)
EACH = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name.replace(" ", "-"))


def on_disk(rig: CrashRig, aside: Path) -> tuple[set[str], set[tuple[str, str, str]]]:
    """Intents and acts in a copy of the ledger's files, as a program finds them after a kill."""
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    for file in rig.ledger_path.parent.glob(f"{rig.ledger_path.name}*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, aside / file.name)
    with closing(sqlite3.connect(aside / rig.ledger_path.name)) as reading:
        intents = {row[0] for row in reading.execute("SELECT id FROM intents")}
        acts = set(reading.execute("SELECT verb, client_id, broker_id FROM acts"))
    return intents, acts


@EACH
def test_the_intent_is_on_the_disk_when_the_exchange_hears_of_it(
    scenario: Scenario, tmp_path: Path
) -> None:
    rig = scenario.prepare(tmp_path / "home")
    handle, heard = rig.exchange.handle, list[str]()

    def around(request: Request) -> Answer:
        if changes(request):
            intents, acts = on_disk(rig, tmp_path / "aside")
            target, client_id = request.path.rpartition("/")[2], order_of(request)
            wanted = {
                "POST": ("submit", client_id, ""),
                "PATCH": ("replace", client_id, target),
            }.get(request.method)
            heard.append(request.method)
            if wanted is None:
                assert any(row[0] == "cancel" and row[2] == target for row in acts)
            else:
                assert client_id in intents
                assert wanted in acts
        return handle(request)

    rig.exchange.handle = around  # type: ignore[method-assign]
    scenario.play(rig, Recorder())
    assert len(heard) >= scenario.changes


KILLS = 60  # every byte of a short document, every so many of a long one
SCHEMA = "avwap.exits/1.0"
Writing = Callable[[ArtifactFiles, int], object]
WRITINGS: dict[str, Writing] = {
    "document": lambda store, n: store.write_json(DAY, "exits.json", SCHEMA, {"a": n}),
    "lines": lambda store, n: store.write_lines(DAY, "trades.jsonl", SCHEMA, [{"n": n}] * 9),
    "table": lambda store, n: store.write_csv(DAY, "universe.csv", SCHEMA, ["n"], [[n]] * 40),
    "page": lambda store, n: store.write_text(DAY, "report.html", f"<p>{n}</p>" * 20),
    "columns": lambda store, n: store.write_table(
        DAY, "signals.parquet", SCHEMA, {"n": [n] * 3}, {"n": int}
    ),
}


def killed_at_byte(number: int, work: Callable[[], object]) -> bool:
    """Let the system kill a copy of this process at the byte that it writes too many."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))
        try:
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXFSZ


@pytest.mark.parametrize("kind", WRITINGS)
def test_a_kill_at_any_byte_leaves_the_old_file_or_the_new(kind: str, tmp_path: Path) -> None:
    store, write = ArtifactFiles(tmp_path), WRITINGS[kind]
    write(store, 2)
    (path,) = (tmp_path / "sessions" / DAY.isoformat()).iterdir()
    new = path.read_bytes()
    write(store, 1)
    old = path.read_bytes()
    assert old != new
    step = max(len(new) // KILLS, 1)
    for number in (*range(0, len(new), step), len(new) - 1):
        assert killed_at_byte(number, lambda: write(store, 2)), number
        assert path.read_bytes() == old, number
    assert not killed_at_byte(len(new), lambda: write(store, 2))
    assert path.read_bytes() == new


def test_what_a_killed_writer_left_behind_is_no_artifact(tmp_path: Path) -> None:
    store = ArtifactFiles(tmp_path)
    write = WRITINGS["document"]
    assert killed_at_byte(10, lambda: write(store, 1))
    assert store.digest(DAY, "exits.json") is None
    write(store, 1)
    assert store.read_json(DAY, "exits.json")["a"] == 1
