"""The page of the local exchange tells the truth: its program runs, its tables are complete."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alpaca.trading.client import TradingClient

from avwap_cli.exchange.faults import FaultKind
from avwap_cli.exchange.protocol.ordered_faults.fault_text import fault
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.tape.tapes import Tape
from avwap_cli.market.bars import bar_table
from avwap_cli.market.sessions import EASTERN

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "exchange.md").read_text(encoding="utf-8")
URLS = {
    "url": "http://127.0.0.1:4010",
    "trade_stream": "ws://127.0.0.1:4010/stream",
    "data_stream": "ws://127.0.0.1:4010/v2/iex",
}


def section(heading: str) -> str:
    """The text under a heading of the second level."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert found, f"no heading {heading!r}"
    return found[1]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    lines = [line for line in section(heading).splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """`avwap exchange` as a process of its own, one minute before the open; what it announces."""
    command = [sys.executable, "-m", "avwap_cli", "exchange", "--json", "--port", "0"]
    running = subprocess.Popen(
        [*command, "--speed", "60", "--start", "09:29"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert running.stdout is not None
    try:
        yield json.loads(running.stdout.readline())
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=20)
    assert running.returncode == 0


def test_the_program_runs_with_other_urls_and_keys(
    exchange: dict[str, Any], tmp_path: Path
) -> None:
    found = re.search(r"^```python\n(.*?)^```", section("A program"), re.M | re.S)
    assert found
    program = found[1]
    for name, shown in sorted(URLS.items(), key=lambda item: -len(item[1])):
        assert program.count(f'"{shown}"') == 1
        program = program.replace(f'"{shown}"', f'"{exchange[name]}"')
    keys = {"APCA_API_KEY_ID": exchange["key_id"], "APCA_API_SECRET_KEY": exchange["secret"]}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, **keys, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told = ran.stdout
    assert "200000 USD of buying power" in told
    assert re.search(r"SPY is quoted [\d.]+ to [\d.]+", told)
    assert re.search(r"order [0-9a-f-]{36} is (accepted|pending_new)", told)
    assert "fill: buy 10 SPY, 10 filled" in told
    assert re.search(r"bar of 1[45]:\d\d UTC: SPY [\d.]+ x \d+", told)
    assert re.search(r"holding 10 SPY at [\d.]+", told)


def test_the_lines_for_a_test_run() -> None:
    found = re.search(r"^```python\n(.*?)^```", section("In a test"), re.M | re.S)
    assert found
    price = np.array([600.0, 603.0])
    days = np.array(["2026-11-20", "2026-11-23"], dtype="datetime64[D]")
    given: dict[str, Any] = {
        "tape": Tape(bar_table(["SPY"] * 2, days, price, price, price, price, price * 1000)),
        "monday_0929": datetime(2026, 11, 23, 9, 29, tzinfo=EASTERN),
        "monday_0931": datetime(2026, 11, 23, 9, 31, tzinfo=EASTERN),
        "TradingClient": TradingClient,
    }
    exec(found[1], given)
    assert given["client"].get_clock().timestamp == given["monday_0931"]
    assert given["exchange"].snapshot()["speed"] == 0


def test_the_test_that_is_shown_passes(tmp_path: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", section("In a test"), re.M | re.S)
    (tmp_path / "test_shown.py").write_text(blocks[1], encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_shown.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in ran.stdout, ran.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_lines_for_curl_run(exchange: dict[str, Any], tmp_path: Path) -> None:
    found = re.search(r"^```sh\n(.*?)^```", section("A program"), re.M | re.S)
    assert found
    keys = {"APCA_API_KEY_ID": exchange["key_id"], "APCA_API_SECRET_KEY": exchange["secret"]}
    ran = subprocess.run(
        ["sh", "-ec", found[1]],
        cwd=tmp_path,
        env={**os.environ, **keys, "APCA_API_BASE_URL": exchange["url"], "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    order, _, position = ran.stdout.partition('{"now"')
    assert '"symbol":"SPY"' in order
    assert '"avg_entry_price"' in position
    assert '"qty":"10"' in position


def test_every_fault_is_in_the_table() -> None:
    named = [row[0].strip("`") for row in rows("Faults")]
    assert named == [kind.value for kind in FaultKind]


def test_the_faults_that_are_shown_can_be_read() -> None:
    shown = re.findall(r'--fault "([^"]+)"|"fault": "([^"]+)"', PAGE)
    assert len(shown) >= 4
    for one, other in shown:
        assert fault(one or other).kind in FaultKind


def test_every_setting_is_in_the_table_with_its_default() -> None:
    shown = {row[0].strip("`"): row[1].strip("`") for row in rows("Settings")}
    defaults = {field.name: field.default for field in fields(Settings)}
    assert list(shown) == list(defaults)
    for name, default in defaults.items():
        if isinstance(default, bool):
            assert shown[name] == str(default).lower()
        elif isinstance(default, str):
            assert shown[name] == default
        else:
            assert float(shown[name]) == float(default)


def test_the_controls_are_in_the_table() -> None:
    source = (ROOT / "avwap_cli" / "exchange" / "protocol" / "control.py").read_text("utf-8")
    made = set(re.findall(r'\("(GET|POST|DELETE)", "(\w+)[^"]*", _', source))
    shown = {
        (method, path)
        for row in rows("Control")
        for method, path in re.findall(r"(GET|POST|DELETE) /_exchange/(\w+)", row[0])
    }
    assert shown == made
