"""Session archives: equal bytes, whole copies, and what is no archive is named."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import tarfile
from datetime import date
from pathlib import Path

import pytest
from old_sessions import ANCIENT, FILES, OLD, OLDER, folder, unpacked

from avwap_cli.adapters import session_archives
from avwap_cli.adapters.artifact_files import ArtifactFiles
from avwap_cli.adapters.run_records import RunRecordFiles
from avwap_cli.adapters.session_archives import SessionArchives
from avwap_cli.errors import AvwapError, DamagedInput, InputError, MissingInput


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """Three old sessions."""
    for session in (ANCIENT, OLDER, OLD):
        folder(tmp_path / "outputs", session)
    return tmp_path / "outputs"


def test_equal_sessions_give_equal_bytes(outputs: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    folder(other, OLD)
    for path in other.rglob("*"):
        os.utime(path, (1, 1))
    SessionArchives(outputs).pack(OLD)
    SessionArchives(other).pack(OLD)
    (one, two) = (SessionArchives(place).path(OLD) for place in (outputs, other))
    assert one.read_bytes() == two.read_bytes()
    assert one.stat().st_mode & 0o777 == 0o600


def test_a_removal_killed_half_way_is_ended(outputs: Path) -> None:
    archives = SessionArchives(outputs)
    archives.pack(OLD)
    left = outputs / "sessions" / f".{OLD}.packed"
    left.mkdir()
    (left / "report.html").write_text(FILES["report.html"])
    archives.finish()
    assert not left.exists()
    assert unpacked(outputs, OLD) == {k: v.encode() for k, v in FILES.items()}


def test_a_folder_renamed_away_without_an_archive_comes_back(outputs: Path) -> None:
    place = outputs / "sessions" / str(OLD)
    place.rename(outputs / "sessions" / f".{OLD}.packed")
    SessionArchives(outputs).finish()
    assert (place / "scan.json").read_text() == FILES["scan.json"]


def test_a_folder_that_changes_meanwhile_stays(
    outputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = session_archives.write_if_changed

    def writing(path: Path, data: bytes, *, private: bool = False) -> bool:
        (outputs / "sessions" / str(OLD) / "report.html").write_text("<p>now</p>")
        return real(path, data, private=private)

    monkeypatch.setattr(session_archives, "write_if_changed", writing)
    with pytest.raises(AvwapError, match="changed while it was packed"):
        SessionArchives(outputs).pack(OLD)
    assert (outputs / "sessions" / str(OLD) / "report.html").read_text() == "<p>now</p>"


def hostile(name: str, *, link: bool = False) -> bytes:
    """An archive with one member of that name."""
    sink = io.BytesIO()
    with gzip.open(sink, "wb") as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        member = tarfile.TarInfo(name)
        if link:
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member, io.BytesIO(b""))
    return sink.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK..",
        gzip.compress(b"not a tar" * 100),
        hostile("../../evil.json"),
        hostile("/etc/evil.json"),
        hostile(f"{OLD}/../evil.json"),
        hostile(f"{OLDER}/scan.json"),
        hostile(f"{OLD}/scan.json", link=True),
        hostile(f"{OLD}/runs/../../x.json"),
    ],
    # Compressed bytes hold the time of their making: as names they would differ between workers.
    ids=["empty", "zip", "no-tar", "up", "root", "up-from", "other-day", "link", "up-from-runs"],
)
def test_what_is_no_archive_is_named_and_nothing_is_removed(data: bytes, outputs: Path) -> None:
    path = SessionArchives(outputs).path(OLD)
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(DamagedInput, match="no whole archive"):
        SessionArchives(outputs).pack(OLD)
    assert (outputs / "sessions" / str(OLD) / "scan.json").exists()
    assert path.read_bytes() == data


def test_every_cut_archive_is_damage(outputs: Path) -> None:
    archives = SessionArchives(outputs)
    archives.pack(OLD)
    whole = archives.path(OLD).read_bytes()
    for cut in (*range(1, len(whole), 37), len(whole) - 1):
        archives.path(OLD).write_bytes(whole[:cut])
        with pytest.raises(DamagedInput):
            archives.read(OLD)


def test_readers_say_that_a_session_is_packed_or_purged(outputs: Path) -> None:
    archives = SessionArchives(outputs)
    archives.pack(OLD)
    archives.pack(ANCIENT)
    archives.purge(ANCIENT, ["trades.jsonl"], "summary.json", "avwap.summary/1.0", {"entries": 2})
    assert set(unpacked(outputs, ANCIENT)) == {"summary.json", "trades.jsonl"}
    store = ArtifactFiles(outputs)
    with pytest.raises(MissingInput, match=f"scan.json of {OLD} is packed in .*{OLD}.tar.gz"):
        store.read_json(OLD, "scan.json")
    with pytest.raises(MissingInput, match=f"scan.json of {ANCIENT} is gone"):
        store.read_json(ANCIENT, "scan.json")
    with pytest.raises(MissingInput, match="run `avwap scan"):
        store.read_json(date(2026, 5, 1), "scan.json")
    runs, told = RunRecordFiles(outputs).read(OLD)
    assert runs == []
    assert "is packed in" in told[0]


def test_the_hint_unpacks_it(outputs: Path) -> None:
    SessionArchives(outputs).pack(OLD)
    store = ArtifactFiles(outputs)
    with pytest.raises(MissingInput) as caught:
        store.read_json(OLD, "scan.json")
    line = caught.value.hint.split("`")[1]
    subprocess.run(line, shell=True, check=True)
    assert store.read_json(OLD, "scan.json")["as_of"] == "2026-05-29"


def test_a_folder_too_large_is_left(outputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_archives, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="more than"):
        SessionArchives(outputs).pack(OLD)
