"""Where the home is, from any working directory."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from avwap_cli.errors import UsageError
from avwap_cli.home import Home, find_home, is_home


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "config").mkdir(parents=True)
    (root / "config" / "default.yaml").write_text("")
    (root / "docs" / "deep").mkdir(parents=True)
    return root


def test_the_flag_wins_over_the_variable_and_that_over_the_place(
    tmp_path: Path, project: Path
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    variable = {"AVWAP_HOME": str(two)}
    assert find_home(one, variable, project) == Home(one)
    assert find_home(None, variable, project) == Home(two)
    assert find_home(None, {"AVWAP_HOME": ""}, project) == Home(project)


def test_relative_names_are_told_from_the_working_directory(project: Path) -> None:
    assert find_home("docs", {}, project).root == project / "docs"
    assert find_home(None, {"AVWAP_HOME": ".."}, project / "docs").root == project


def test_the_nearest_home_upward(project: Path) -> None:
    deep = project / "docs" / "deep"
    assert find_home(None, {}, deep) == Home(project)
    (project / "docs" / "outputs" / "sessions").mkdir(parents=True)
    assert find_home(None, {}, deep) == Home(project / "docs")


def test_no_home_upward_is_the_working_directory_and_nothing_is_written(tmp_path: Path) -> None:
    assert not is_home(tmp_path)
    assert find_home(None, {}, tmp_path).root == tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("variable", [True, False])
def test_a_name_without_a_folder_is_refused(tmp_path: Path, variable: bool) -> None:
    gone = str(tmp_path / "gone")
    flag, env = (None, {"AVWAP_HOME": gone}) if variable else (gone, {})
    with pytest.raises(UsageError, match="avwap init") as caught:
        find_home(flag, env, tmp_path)
    assert ("AVWAP_HOME" if variable else "--home") in str(caught.value)
    assert not Path(gone).exists()


def test_everything_lies_in_the_home(tmp_path: Path) -> None:
    home = Home(tmp_path)
    paths = [home.config, home.env_file, home.cache, home.outputs, home.sessions]
    paths += [home.logs, home.locks]
    assert all(path.is_relative_to(tmp_path) for path in paths)
    assert home.logs == tmp_path / "outputs" / "logs"
    day = home.session(date(2024, 3, 8))
    assert day == tmp_path / "outputs" / "sessions" / "2024-03-08"


def test_a_removed_working_directory_matters_only_where_it_is_needed(tmp_path: Path) -> None:
    assert find_home(tmp_path, {}, None) == Home(tmp_path)
    assert find_home(None, {"AVWAP_HOME": str(tmp_path)}, None) == Home(tmp_path)
    for flag in (None, "docs"):
        with pytest.raises(UsageError, match="working directory was removed"):
            find_home(flag, {}, None)
