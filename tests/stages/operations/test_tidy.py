"""tidy packs old sessions, purges older ones, keeps what is held, and loses nothing when killed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from fixed_clock import FixedClock
from old_sessions import ANCIENT, FILES, NEWEST, OLD, OLDER, folder, unpacked
from trading_rig import Rig, tape_of
from trading_rig import candidate as made
from typer.testing import CliRunner

import avwap_cli
from avwap_cli.adapters import session_archives
from avwap_cli.adapters.leftovers import LeftoverFiles
from avwap_cli.adapters.session_archives import SessionArchives
from avwap_cli.cli import app
from avwap_cli.errors import AvwapError
from avwap_cli.market import sessions
from avwap_cli.review.operations.retentions import HELD, Retention
from avwap_cli.stages.operations.tidy import TidyPorts, run_tidy
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.trading.books import Book, fold
from avwap_cli.trading.facts import Facts

RULE = Retention(30, 90)
TODAY = date(2026, 11, 23)
SCHEMA_FILE = Path("schemas", "summary.schema.json")
KEPT = {"trades.jsonl", "equity.jsonl", "summary.json"}


def tidied(outputs: Path, *books: Book, dry_run: bool = False, today: date = TODAY) -> Outcome:
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=sessions.EASTERN)
    leftovers = LeftoverFiles(outputs, outputs / "dry-run", 30)
    ports = TidyPorts(SessionArchives(outputs), leftovers, FixedClock(noon))
    return run_tidy(ports, books, RULE, dry_run=dry_run)


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """Three old sessions and five new ones."""
    for session in (ANCIENT, OLDER, OLD, *NEWEST):
        folder(tmp_path / "outputs", session)
    return tmp_path / "outputs"


def tree(outputs: Path) -> dict[str, bytes]:
    return {str(p.relative_to(outputs)): p.read_bytes() for p in outputs.rglob("*") if p.is_file()}


def test_old_sessions_are_packed_and_older_ones_lose_their_detail(outputs: Path) -> None:
    outcome = tidied(outputs)
    assert outcome.counts == {"packed": 3, "purged": 1, "removed": 0}
    assert (outcome.exit_code, outcome.warnings) == (0, ())
    assert sorted(os.listdir(outputs / "sessions")) == [str(day) for day in NEWEST]
    for session in (OLDER, OLD):
        assert unpacked(outputs, session) == {k: v.encode() for k, v in FILES.items()}
    kept = unpacked(outputs, ANCIENT)
    assert set(kept) == KEPT
    assert kept["trades.jsonl"] == FILES["trades.jsonl"].encode()
    summary = json.loads(kept["summary.json"])
    assert summary["schema"] == "avwap.summary/1.0"
    assert (summary["regime"], summary["entries"]) == ("RANGING", 2)
    assert summary["candidates"] == [{"symbol": "KO", "strategy": "avwap", "direction": "long"}]
    gone = {row["name"]: row["bytes"] for row in summary["removed"]}
    assert gone == {name: len(text) for name, text in FILES.items() if name not in KEPT}


def test_a_second_run_changes_nothing_and_says_so(outputs: Path) -> None:
    tidied(outputs)
    before = tree(outputs)
    outcome = tidied(outputs)
    assert (str(outcome.state), outcome.summary) == ("unchanged", "nothing is old enough")
    assert tree(outputs) == before


def test_a_dry_run_says_the_same_and_changes_nothing(outputs: Path) -> None:
    before = tree(outputs)
    would = tidied(outputs, dry_run=True)
    assert tree(outputs) == before
    did = tidied(outputs)
    assert would.counts == did.counts
    assert would.body == did.body
    assert would.summary == f"dry run: {did.summary}"


def test_an_unpacked_session_is_packed_again_with_what_came_to_it(outputs: Path) -> None:
    tidied(outputs)
    path = outputs / "archive" / f"{OLD}.tar.gz"
    subprocess.run(["tar", "-xzf", path, "-C", outputs / "sessions"], check=True)
    (outputs / "sessions" / str(OLD) / "report.html").write_text("<p>anew</p>")
    (outputs / "sessions" / str(OLD) / "scan.json").unlink()
    assert tidied(outputs).counts["packed"] == 1
    held = unpacked(outputs, OLD)
    assert held["report.html"] == b"<p>anew</p>"
    assert held["scan.json"] == FILES["scan.json"].encode()


def test_what_a_person_put_beside_is_kept_for_ever(outputs: Path) -> None:
    (outputs / "sessions" / str(ANCIENT) / "mynotes.txt").write_text("sold too early")
    tidied(outputs)
    assert unpacked(outputs, ANCIENT)["mynotes.txt"] == b"sold too early"
    assert set(unpacked(outputs, ANCIENT)) == {*KEPT, "mynotes.txt"}
    assert tidied(outputs).counts["purged"] == 0


def test_the_summary_of_an_earlier_purge_stays(outputs: Path) -> None:
    tidied(outputs)
    (outputs / "sessions" / str(ANCIENT)).mkdir()
    (outputs / "sessions" / str(ANCIENT) / "report.html").write_text("<p>late</p>")
    tidied(outputs)
    kept = unpacked(outputs, ANCIENT)
    summary = json.loads(kept["summary.json"])
    assert set(kept) == KEPT
    assert summary["regime"] == "RANGING"
    assert [row["name"] for row in summary["removed"]].count("report.html") == 2


def test_a_summary_is_as_its_schema_says(outputs: Path) -> None:
    schema = json.loads((Path(avwap_cli.__file__).parent / SCHEMA_FILE).read_text("utf-8"))
    (outputs / "sessions" / str(ANCIENT) / "scan.json").write_text("torn")
    tidied(outputs)
    jsonschema.validate(json.loads(unpacked(outputs, ANCIENT)["summary.json"]), schema)
    folder(outputs, ANCIENT)
    tidied(outputs, today=TODAY + timedelta(days=1))
    purged_twice = json.loads(unpacked(outputs, ANCIENT)["summary.json"])
    jsonschema.validate(purged_twice, schema)
    assert len(purged_twice["removed"]) == 2 * (len(FILES) - 2)


def test_what_a_held_position_came_from_stays(tmp_path: Path) -> None:
    rig = Rig(tmp_path, tape_of({"KO": {TODAY: [("09:30", 100.0), ("16:00", 100.0)]}}))
    rig.plan(made("KO", "rsi_mean_reversion"))
    rig.to("09:27")
    rig.enter("moo")
    rig.watch_until("09:32")
    assert [p.symbol for p in rig.book.open] == ["KO"]
    for days in range(1, 8):
        folder(tmp_path / "outputs", sessions.offset(TODAY, days))
    outcome = tidied(tmp_path / "outputs", rig.book, today=TODAY + timedelta(days=200))
    assert outcome.body["stays"][TODAY.isoformat()] == HELD
    assert (tmp_path / "outputs" / "sessions" / str(TODAY) / "gapfilter.json").exists()
    assert outcome.counts["packed"] == 2
    nothing_held = tidied(tmp_path / "outputs", fold(Facts()), today=TODAY + timedelta(days=200))
    assert nothing_held.body["packed"] == [TODAY.isoformat()]


class Killed(BaseException):
    """The end of the program."""


def steps() -> Iterator[tuple[str, object]]:
    """The calls between which a kill may fall."""
    yield "write_if_changed", session_archives
    yield "_members", session_archives
    yield "rename", Path
    yield "rmtree", shutil


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("name", "where"), list(steps()), ids=lambda each: str(each)[:20])
def test_killed_anywhere_a_whole_copy_is_left_and_the_next_run_ends_it(
    name: str, where: object, after: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = tmp_path / "outputs"
    files = folder(outputs, OLD)
    for session in NEWEST:
        folder(outputs, session)
    real = getattr(where, name)

    def dying(*args: object, **more: object) -> object:
        if after:
            real(*args, **more)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(where, name, dying)
        with pytest.raises(Killed):
            tidied(outputs)
    assert whole_copy(outputs, files)
    assert tidied(outputs).exit_code == 0
    assert unpacked(outputs, OLD) == files
    assert sorted(os.listdir(outputs / "sessions")) == [str(day) for day in NEWEST]


def whole_copy(outputs: Path, files: dict[str, bytes]) -> bool:
    """Whether folder or archive holds every file."""
    for place in (outputs / "sessions" / str(OLD), outputs / "sessions" / f".{OLD}.packed"):
        if all((place / n).is_file() and (place / n).read_bytes() == d for n, d in files.items()):
            return True
    return (outputs / "archive" / f"{OLD}.tar.gz").exists() and unpacked(outputs, OLD) == files


def test_one_session_that_cannot_be_packed_is_named_and_the_others_go_on(outputs: Path) -> None:
    stranger = outputs / "sessions" / str(OLDER) / "my notes.txt"
    stranger.write_text("mine")
    (outputs / "sessions" / str(OLD) / "link.json").symlink_to("/etc/passwd")
    outcome = tidied(outputs)
    assert outcome.body["packed"] == [str(ANCIENT)]
    assert len(outcome.warnings) == 2
    assert str(stranger) in outcome.warnings[0]
    assert "link.json" in outcome.warnings[1]
    assert outcome.exit_code == AvwapError.exit_code
    assert stranger.exists()


def put_beside(outputs: Path, session: date, what: str) -> None:
    """Something that no archive takes, in or for that session's folder."""
    place = outputs / "sessions" / str(session)
    if what == "a link":
        (place / "link.json").symlink_to("/etc/passwd")
    elif what == "a stranger":
        (place / "my notes.txt").write_text("mine")
    elif what == "a torn archive":
        (outputs / "archive").mkdir(exist_ok=True)
        (outputs / "archive" / f"{session}.tar.gz").write_bytes(b"PK..")
    else:
        shutil.rmtree(place)
        if what == "a file for a folder":
            place.write_text("mine")
        else:
            place.symlink_to(outputs.parent, target_is_directory=True)


@pytest.mark.parametrize("session", [OLD, ANCIENT], ids=["packed", "purged"])
@pytest.mark.parametrize(
    "what",
    ["a link", "a stranger", "a torn archive", "a file for a folder", "a link for a folder"],
)
def test_a_dry_run_names_what_cannot_be_packed_as_the_run_does(
    what: str, session: date, outputs: Path
) -> None:
    put_beside(outputs, session, what)
    would, did = tidied(outputs, dry_run=True), tidied(outputs)
    assert would.body == did.body
    assert (would.counts, would.warnings) == (did.counts, did.warnings)
    assert would.exit_code == did.exit_code == AvwapError.exit_code
    assert did.counts["packed"] == 2
    assert len(did.warnings) == 1
    assert f"{session} stays as it is" in did.warnings[0]
    assert tidied(outputs).warnings == did.warnings, "nothing is stuck half way"


def test_what_cannot_be_packed_is_not_purged_either(outputs: Path) -> None:
    tidied(outputs, today=ANCIENT + timedelta(days=40))
    before = (outputs / "archive" / f"{ANCIENT}.tar.gz").read_bytes()
    (outputs / "sessions" / str(ANCIENT)).mkdir()
    put_beside(outputs, ANCIENT, "a stranger")
    would, did = tidied(outputs, dry_run=True), tidied(outputs)
    assert str(ANCIENT) not in did.body["purged"]
    assert would.body == did.body
    assert (outputs / "archive" / f"{ANCIENT}.tar.gz").read_bytes() == before


def test_a_dry_run_knows_that_nothing_is_left_to_purge(outputs: Path) -> None:
    place = outputs / "sessions" / str(ANCIENT)
    shutil.rmtree(place)
    place.mkdir()
    (place / "trades.jsonl").write_text(FILES["trades.jsonl"])
    would, did = tidied(outputs, dry_run=True), tidied(outputs)
    assert (would.counts["purged"], did.counts["purged"]) == (0, 0)
    assert would.body == did.body


def test_the_command_reads_every_ledger_first(outputs: Path) -> None:
    words = ["tidy", "--home", str(outputs.parent)]
    before = tree(outputs)
    (outputs / "ledger").mkdir()
    torn = outputs / "ledger" / "live-77.sqlite3"
    torn.write_bytes(b"no ledger")
    failed = CliRunner().invoke(app, words)
    assert failed.exit_code == 4
    assert "live-77" in failed.output
    assert {k: v for k, v in tree(outputs).items() if k in before} == before
    torn.unlink()
    rehearsed = CliRunner().invoke(app, [*words, "--now", "2027-11-23T12:00"])
    assert rehearsed.exit_code == 2
    done = CliRunner().invoke(app, [*words, "--json"])
    assert json.loads(done.stdout)["counts"]["packed"] == 3
