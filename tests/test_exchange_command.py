"""`avwap exchange`: which tape, which session, what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from avwap_cli.cli import app
from avwap_cli.demo import LAST_SESSION
from avwap_cli.market import sessions

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = [sys.executable, "-m", "avwap_cli", "exchange", "--port", "0"]


@contextmanager
def running(*words: str, home: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The command in a process of its own, and the line of JSON that it prints first."""
    process = subprocess.Popen(
        [*PROGRAM, "--json", "--home", str(home), *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), "ALPACA_API_KEY": "PKREALREALREAL"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield process, json.loads(line)
    finally:
        process.kill()
        process.communicate()


def session_of(opening: dict[str, Any]) -> requests.Session:
    session = requests.Session()
    session.headers.update(
        {"APCA-API-KEY-ID": opening["key_id"], "APCA-API-SECRET-KEY": opening["secret"]}
    )
    return session


def fails(*words: str, home: Path) -> str:
    """What a command prints that cannot be done; exit code 2."""
    result = CliRunner().invoke(app, ["exchange", "--home", str(home), "--port", "0", *words])
    assert result.exit_code == 2, result.output
    return " ".join(result.output.split())


def test_it_serves_the_demos_next_session_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with running("--speed", "0", home=tmp_path) as (process, opening):
        assert opening["session"] == str(sessions.next_session(LAST_SESSION))
        assert opening["now"] == f"{opening['session']}T09:25:00-05:00"
        client = session_of(opening)
        clock = client.get(f"{opening['url']}/v2/clock").json()
        assert clock["timestamp"] == opening["now"]
        assert client.get(f"{opening['url']}/v2/account").json()["cash"] == "100000"
        assert requests.get(f"{opening['url']}/v2/account").status_code == 401
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 0, err
    assert out == ""
    assert list(tmp_path.rglob("*")) == []


def test_it_says_how_to_point_a_program_at_it_and_what_came_of_it(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "--home", str(tmp_path), "--seed", "3", "--speed", "60", "--cash", "5000"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TZ": "Europe/Berlin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            break
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 0, err
    text = "".join(lines)
    assert "session 2026-11-23 of a made-up market, seed 3" in text
    assert "09:25:0" in text
    assert " ET (Mon 15:25 here), 60 times as fast as real time" in text
    assert 'url_override="http://127.0.0.1:' in text
    assert "export APCA_API_BASE_URL=http://127.0.0.1:" in text
    assert "0 orders, 0 fills, 0 positions, equity 5,000.00 USD" in out


def test_the_snippet_runs_as_it_is_printed(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*PROGRAM, "--home", str(tmp_path), "--speed", "0"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        start = lines.index("Point a program at it:\n") + 1
        end = lines.index("Or in the environment, for programs that read it:\n")
        code = "".join(line.removeprefix("  ") for line in lines[start:end])
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
    finally:
        process.kill()
        process.communicate()
    assert done.returncode == 0, done.stderr
    assert "200000" in done.stdout


def test_ordered_faults_strike(tmp_path: Path) -> None:
    words = ("--speed", "0", "--fault", "500@GET /v2/clock,times=1")
    with running(*words, home=tmp_path) as (_, opening):
        client = session_of(opening)
        statuses = [client.get(f"{opening['url']}/v2/clock").status_code for _ in range(2)]
    assert statuses == [500, 200]


def test_the_cache_is_a_tape(demo_home: Path) -> None:
    words = ("--tape", "cache", "--speed", "0", "--start", "16:30")
    with running(*words, home=demo_home) as (_, opening):
        assert opening["session"] == str(LAST_SESSION)
        query = {"symbols": "SPY", "timeframe": "1Day", "start": "2026-11-01", "feed": "sip"}
        url = f"{opening['url']}/v2/stocks/bars"
        bars = session_of(opening).get(url, params={**query, "limit": 100}).json()["bars"]["SPY"]
    export = demo_home.parent / "spy.csv"
    result = CliRunner().invoke(
        app, ["export", str(export), "--symbol", "SPY", "--home", str(demo_home)]
    )
    assert result.exit_code == 0, result.output
    closes = [float(line.split(",")[5]) for line in export.read_text().splitlines()[1:]]
    assert [bar["c"] for bar in bars] == pytest.approx(closes[-len(bars) :], abs=0.005)
    assert len(bars) > 10


MINUTES = """\
symbol,timestamp,open,high,low,close,volume
AAA,2026-11-19T09:30:00,10.00,10.20,9.90,10.10,1000
AAA,2026-11-19T09:31:00,10.10,10.30,10.10,10.30,2000
AAA,2026-11-19T15:59:00,10.30,10.30,10.00,10.05,3000
"""
DAILY = """\
symbol,date,open,high,low,close,volume
AAA,2026-11-17,9,9.5,8.5,9.25,5000
AAA,2026-11-18,9.5,9.9,9.4,9.75,6000
BBB,2026-11-18,20,21,19,20.5,7000
BBB,2026-11-19,20.5,21,20,20.75,8000
"""


def test_files_of_minutes_and_of_days_are_one_tape(tmp_path: Path) -> None:
    minutes, daily = tmp_path / "minutes.csv", tmp_path / "daily.csv"
    minutes.write_text(MINUTES)
    daily.write_text(DAILY)
    words = ("--tape", str(minutes), "--tape", str(daily), "--speed", "0", "--start", "16:30")
    with running(*words, home=tmp_path) as (_, opening):
        assert opening["session"] == "2026-11-19"
        query = {"symbols": "AAA", "timeframe": "1Day", "start": "2026-11-16", "feed": "sip"}
        url = f"{opening['url']}/v2/stocks/bars"
        bars = session_of(opening).get(url, params=query).json()["bars"]["AAA"]
    assert [(b["o"], b["h"], b["l"], b["c"], b["v"]) for b in bars] == [
        (9, 9.5, 8.5, 9.25, 5000),
        (9.5, 9.9, 9.4, 9.75, 6000),
        (10, 10.3, 9.9, 10.05, 6000),
    ]


def test_minutes_alone_are_a_tape(tmp_path: Path) -> None:
    from avwap_cli.exchange_command import choices_of, choose
    from avwap_cli.wiring import Choices, Desk

    minutes = tmp_path / "minutes.csv"
    minutes.write_text(MINUTES)
    desk = Desk(Choices(home=tmp_path), {})
    source = choose(desk, choices_of([str(minutes)], None, "09:25", 0, [], 0, "1000", None), 7)
    assert source.session == date(2026, 11, 19)
    assert source.tape.symbols == ("AAA",)


def test_the_made_up_market_is_the_demos_and_goes_on(tmp_path: Path) -> None:
    from avwap_cli.exchange_command import AHEAD_SESSIONS, choices_of, choose
    from avwap_cli.wiring import Choices, Desk

    desk = Desk(Choices(home=tmp_path), {})
    source = choose(desk, choices_of([], None, "09:25", 0, [], 0, "1000", None), 7)
    market = desk.made_up_market(7, LAST_SESSION)
    bars = market.bars().take(market.bars().session == market.sessions[-1])
    found = source.tape.history(["SPY"], LAST_SESSION, LAST_SESSION)
    assert found.close.tolist() == bars.only(["SPY"]).close.round(2).tolist()
    assert source.tape.sessions[-1] == sessions.offset(source.session, AHEAD_SESSIONS)
    assert source.tape.name(market.companies.symbols[0]) == market.companies.names[0]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--start", "nine"), "'nine' is not a time of day"),
        (("--start", "09:25Z"), "names a time zone"),
        (("--cash", "much"), "'much' is not an amount of cash"),
        (("--cash", "0.001"), "is not an amount of cash"),
        (("--session", "2026-11-22"), "2026-11-22 is not a session"),
        (("--tape", "cache", "--tape", "x.csv"), "--tape cache stands alone"),
        (("--fault", "504-after-acept"), "504-after-accept"),
        (("--speed", "1e9"), "a speed is 0 to 86,400"),
        (("--speed", "-1"), "speed"),
        (("--host", "0.0.0.0"), "No such option"),
    ],
)
def test_what_cannot_be_is_said(
    tmp_path: Path, words: tuple[str, ...], part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_market(monkeypatch)
    assert part in fails(*words, home=tmp_path)


def small_market(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight names in place of 2,600, for commands that fail anyhow."""
    from avwap_cli.adapters.synthetic import SyntheticMarket

    build = SyntheticMarket.build
    monkeypatch.setattr(SyntheticMarket, "build", lambda *args: build(*args, names=8, depth=60))


def test_a_port_in_use_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    small_market(monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = fails("--port", port, home=tmp_path)
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert "--port" in said


def test_an_empty_cache_is_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["exchange", "--tape", "cache", "--home", str(tmp_path)])
    assert result.exit_code == 4
    assert "refresh-cache" in result.output
