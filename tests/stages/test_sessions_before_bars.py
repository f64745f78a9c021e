"""A session that lies before the first bar of the cache."""

from __future__ import annotations

from datetime import date

import pytest
from played_demos import PlayedDemo
from typer.testing import CliRunner

from avwap_cli.cli import app


@pytest.mark.parametrize("session", ["2024-03-08", "2024-11-18"])
def test_it_is_said_to_lie_before_the_cache(shown_demo: PlayedDemo, session: str) -> None:
    where = ["--home", str(shown_demo.home.root), "--session", session]
    result = CliRunner().invoke(app, ["explain", "XZCDD", *where])
    assert result.exit_code == 4
    assert "the bar cache begins at 2024-11-18; " in result.output
    assert "volume-weighted" not in result.output


def test_its_first_session_is_explained(shown_demo: PlayedDemo) -> None:
    where = ["--home", str(shown_demo.home.root), "--session", "2024-11-19", "--json"]
    result = CliRunner().invoke(app, ["explain", "XZCDD", *where])
    assert result.exit_code == 0, result.output
    assert f"as of {date(2024, 11, 18)}" in result.output
