"""The five-minute page: every command runs as printed, and says what the page says."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from doc_pages import PAGES
from played_demos import PlayedDemo
from typer.testing import CliRunner

from avwap_cli.cli import app

PAGE = PAGES["docs/start.md"]
BLOCKS = re.findall(r"```\n\$ avwap (.+)\n((?:.+\n)+)```", PAGE)


def test_every_block_is_a_command_with_what_it_says() -> None:
    assert PAGE.count("```") == 2 * len(BLOCKS)
    assert len(BLOCKS) >= 8


@pytest.fixture(scope="module")
def place(shown_demo: PlayedDemo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the demo was played."""
    return Path(shutil.copytree(shown_demo.around, tmp_path_factory.mktemp("start") / "here"))


@pytest.mark.parametrize(("command", "said"), BLOCKS, ids=[b[0].split()[0] for b in BLOCKS])
def test_a_command_of_the_page(
    shown_demo: PlayedDemo, place: Path, monkeypatch: pytest.MonkeyPatch, command: str, said: str
) -> None:
    monkeypatch.chdir(place)
    name = shlex.split(command)[0]
    if name == "crontab":
        CliRunner().invoke(app, ["init", "mine"])
    if name == "init":
        shutil.rmtree(place / "mine", ignore_errors=True)
    printed = shown_demo.printed
    if name != "demo":
        result = CliRunner().invoke(app, shlex.split(command))
        printed = result.output
        assert result.exit_code == 0, printed
    for line in said.splitlines():
        assert line in printed


def test_the_report_is_where_the_page_says(shown_demo: PlayedDemo) -> None:
    (named,) = re.findall(r"`outputs/demo/(\S+report\.html)`", PAGE)
    page = (shown_demo.home.root / named).read_text(encoding="utf-8")
    assert "2,621" in page
    assert page.count('class="card') >= 12 or page.count("<article") >= 12
