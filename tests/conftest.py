"""Shared fixtures: the real market data and a clock that stands still."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from filelock import FileLock
from fixed_clock import FixedClock
from played_demos import SHOWN, PlayedDemo, evening, play
from slack_receiver import SlackReceiver, receiving
from watchmen import Watchman, watching

from avwap_cli.config import Sources, load
from avwap_cli.home import Home
from avwap_cli.signals.rules import ScanRules
from avwap_cli.signals.strategies import STRATEGIES

ROOT = Path(__file__).resolve().parent.parent
os.environ.pop("SLACK_WEBHOOK_URL", None)  # nobody is told of what happens in a test
NEW_YORK = ZoneInfo("America/New_York")


def real_data_folder() -> Path:
    """Where the real market data would be."""
    return Path(os.environ.get("AVWAP_REAL_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real bars, lists and answers; skips where it is absent."""
    folder = real_data_folder()
    if not (folder / "bars").is_dir():
        pytest.skip(f"real market data is not at {folder} (set AVWAP_REAL_DATA)")
    return folder


@pytest.fixture
def fixed_clock() -> FixedClock:
    """20:15 ET on the evening of 2024-03-07."""
    return FixedClock(datetime(2024, 3, 7, 20, 15, tzinfo=NEW_YORK))


@pytest.fixture(scope="session")
def scan_rules() -> ScanRules:
    """The shipped rules."""
    params = {name: strategy.params_type for name, strategy in STRATEGIES.items()}
    return load(Sources(Home(Path("/nonexistent")), params, {})).rules


Shared = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """Make a folder once for all of xdist's workers: who comes second waits; not to be changed.

    A maker that fails leaves nothing, so each who asks sees the failure.
    """
    base = tmp_path_factory.getbasetemp()
    ours = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder = ours / f"made-{name}"
        with FileLock(f"{folder}.lock"):
            if not folder.exists():
                begun = tmp_path_factory.mktemp(f"making-{name}")
                make(begun)
                shutil.move(begun, folder)
        return folder

    return made


@pytest.fixture(scope="session")
def demo_home(made_once: Shared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's home after its evening; a copy for this process, to be read only."""
    around = made_once("evening", evening)
    return Path(shutil.copytree(around, tmp_path_factory.mktemp("demo") / "here")) / SHOWN


@pytest.fixture(scope="session")
def shown_demo(made_once: Shared) -> PlayedDemo:
    """The demo of seed 7 in words, played with nothing but a PATH; not to be changed."""
    folder = made_once("shown", play)
    return PlayedDemo(folder / "not" / "yet", (folder / "printed").read_text())


@pytest.fixture(scope="session")
def told_demo(made_once: Shared, shown_demo: PlayedDemo) -> PlayedDemo:
    """The same demo asked for again, which tells of its day as JSON; not to be changed."""

    def make(folder: Path) -> None:
        shutil.copytree(shown_demo.around, folder / "not" / "yet")
        play(folder, "--json")

    folder = made_once("told", make)
    return PlayedDemo(folder / "not" / "yet", (folder / "printed").read_text())


@pytest.fixture
def slack() -> Iterator[SlackReceiver]:
    """A receiver on this computer that plays Slack."""
    with receiving() as server:
        yield server


@pytest.fixture
def watchman() -> Iterator[Watchman]:
    """Somebody who watches that pings come."""
    with watching() as server:
        yield server


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests have counted, added up.

    A test counts by a user property `counted`, title -> line -> number; it reaches this
    process from xdist's too.
    """
    counted: dict[str, Counter[str]] = {}
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        if getattr(report, "when", None) == "teardown":
            for name, value in report.user_properties:
                for title, lines in value.items() if name == "counted" else ():
                    counted.setdefault(title, Counter()).update(lines)
    for title, lines in counted.items():
        terminalreporter.write_sep("-", title)
        for line, number in lines.items():
            terminalreporter.write_line(f"{number:6,} {line}")
