"""`avwap init` makes a home that works, and never overwrites."""

from __future__ import annotations

from pathlib import Path

import pytest

from avwap_cli.adapters.atomic_files import write_if_changed
from avwap_cli.config import Sources, load, load_secrets
from avwap_cli.defaults import texts
from avwap_cli.errors import UsageError
from avwap_cli.home import Home, find_home
from avwap_cli.signals.strategies import STRATEGIES
from avwap_cli.stages.operations.make_home import HomeMade, make_home
from avwap_cli.stages.operations.schedules import schedules

PROGRAM = Path("/opt/avwap/bin/avwap")


def init(root: Path) -> HomeMade:
    return make_home(Home(root), PROGRAM, texts(), write_if_changed)


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_new_home_has_all_it_needs(tmp_path: Path) -> None:
    root = tmp_path / "new" / "home"
    made = init(root)
    assert set(contents(root)) == {
        *(f"config/{name}" for name in texts()),
        ".env.example",
        ".gitignore",
        *schedules(Home(root), PROGRAM),
    }
    assert (root / "cache").is_dir()
    assert (root / "outputs").is_dir()
    assert made.left == ()
    assert find_home(None, {}, root / "cache").root == root
    params = {name: s.params_type for name, s in STRATEGIES.items()}
    config = load(Sources(Home(root), params, {}))
    assert {s.origin.split(":")[0] for s in config.settings} == {f"config/{n}" for n in texts()}


def test_a_second_run_changes_nothing_and_says_so(tmp_path: Path) -> None:
    init(tmp_path)
    before = contents(tmp_path)
    again = init(tmp_path)
    assert contents(tmp_path) == before
    assert again.wrote == ()
    assert again.summary == f"{tmp_path} is a home already; nothing was changed"


def test_what_is_there_is_left_and_named(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "default.yaml").write_text("logs: {level: debug}\n")
    (tmp_path / ".gitignore").symlink_to(tmp_path / "nowhere")
    made = init(tmp_path)
    assert (tmp_path / "config" / "default.yaml").read_text() == "logs: {level: debug}\n"
    assert (tmp_path / ".gitignore").is_symlink()
    assert made.left == ("config/default.yaml", ".gitignore")
    assert "config/setup.yaml" in made.wrote
    assert "left as they were: config/default.yaml, .gitignore" in made.summary


def test_a_place_that_cannot_be_a_home_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made a home"):
        init(tmp_path / "file")


def test_the_example_of_secrets_is_a_valid_env_file_without_any(tmp_path: Path) -> None:
    init(tmp_path)
    (tmp_path / ".env.example").rename(tmp_path / ".env")
    (tmp_path / ".env").chmod(0o600)
    secrets = load_secrets(Home(tmp_path), {})
    assert dict(secrets.values) == {}
    assert secrets.warnings == ()
