"""Installed packages are held against the lock file's."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from avwap_cli.adapters.host_checks.installed_packages import LOCK, missing, unlike_the_lock

NUMPY = version("numpy")


def unlike(tmp_path: Path, *lines: str) -> list[str] | None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("\n".join(lines))
    return unlike_the_lock(lock)


def test_another_version_is_named_with_the_tested_one(tmp_path: Path) -> None:
    lines = ["numpy==0.0.1 \\", "    --hash=sha256:abc", f"pytest=={version('pytest')}"]
    assert unlike(tmp_path, *lines) == [f"numpy {NUMPY} (tested: 0.0.1)"]


def test_one_of_several_pins_is_enough_and_none_is_named_with_all(tmp_path: Path) -> None:
    old = 'numpy==0.0.1 ; python_full_version < "3.12"'
    assert unlike(tmp_path, old, f'numpy=={NUMPY} ; python_full_version >= "3.12"') == []
    assert unlike(tmp_path, old, "numpy==0.0.2") == [f"numpy {NUMPY} (tested: 0.0.1 or 0.0.2)"]


def test_what_is_not_installed_is_no_difference(tmp_path: Path) -> None:
    assert unlike(tmp_path, "no-such-package==1.0", "# numpy==0.0.1") == []


def test_without_a_lock_nobody_knows(tmp_path: Path) -> None:
    assert unlike_the_lock(tmp_path / "none.lock") is None
    assert LOCK.name == "requirements.lock"
    assert LOCK.is_file()


def test_what_runs_here_lacks_nothing() -> None:
    assert missing() == []
