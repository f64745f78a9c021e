"""`avwap exchange`: which tape, which session, what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import re
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
from avwap_cli.exchange.server import Served
from avwap_cli.market import sessions
from avwap_cli.rehearsal.exchange_tapes import AHEAD_SESSIONS, choose
from avwap_cli.rehearsal.made_up_days import LAST_SESSION
from avwap_cli.wiring.desk import Choices, Desk

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-m", "avwap_cli", "exchange", "--port", "0"]


@contextmanager
def started(*words: str, home: Path) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own."""
    process = subprocess.Popen(
        [*PROGRAM, "--home", str(home), *words],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "ALPACA_API_KEY": "PKREALREALREAL",
            "TZ": "Europe/Berlin",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def running(*words: str, home: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The same with --json, and the line of JSON that it prints first."""
    with started("--json", *words, home=home) as process:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())


def session_of(opening: dict[str, Any]) -> requests.Session:
    session = requests.Session()
    session.headers.update(
        {"APCA-API-KEY-ID": opening["key_id"], "APCA-API-SECRET-KEY": opening["secret"]}
    )
    return session


def desk_of(home: Path) -> Desk:
    return Desk(Choices(home=home), {})


def fails(*words: str, home: Path) -> str:
    """What a command prints that cannot be done; exit code 2."""
    result = CliRunner().invoke(app, ["exchange", "--home", str(home), "--port", "0", *words])
    assert result.exit_code == 2, result.output
    return " ".join(result.output.split())


def test_it_serves_the_demos_next_session_until_it_is_told_to_stop(tmp_path: Path) -> None:
    words = ("--speed", "0", "--fault", "500@GET /v2/clock,times=1")
    with running(*words, home=tmp_path) as (process, opening):
        assert opening["session"] == str(sessions.next_session(LAST_SESSION))
        assert opening["now"] == f"{opening['session']}T09:25:00-05:00"
        assert opening["symbols"][0] == "SPY"
        assert len(opening["symbols"]) == 5
        client = session_of(opening)
        assert client.get(f"{opening['url']}/v2/clock").status_code == 500
        clock = client.get(f"{opening['url']}/v2/clock").json()
        assert clock["timestamp"] == opening["now"]
        assert client.get(f"{opening['url']}/v2/account").json()["cash"] == "100000"
        assert requests.get(f"{opening['url']}/v2/account").status_code == 401
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out == ""
    assert list(tmp_path.rglob("*")) == []


def test_the_snippet_it_prints_buys_something_and_it_says_what_came_of_it(tmp_path: Path) -> None:
    minutes = tmp_path / "minutes.csv"
    minutes.write_text(MINUTES)
    words = ("--tape", str(minutes), "--seed", "3", "--speed", "60", "--cash", "5000")
    with started(*words, "--plan", "plus", home=tmp_path) as process:
        assert process.stdout is not None
        lines = list(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
        start = lines.index("Buy something, from Python:\n") + 1
        end = lines.index("The other clients of alpaca-py:\n")
        code = "".join(line.removeprefix("  ") for line in lines[start:end])
        snippet = [sys.executable, "-c", code]
        done = subprocess.run(snippet, capture_output=True, text=True, check=False)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert done.returncode == 0, done.stderr
    assert re.search(r"-05:00 10000\nAAA filled 10 10\.\d+\n", done.stdout)
    assert process.returncode == 0, err
    text = "".join(lines)
    assert f"session 2026-11-19 of {minutes}\n" in text
    assert re.search(r"Thu 2026-11-19 09:\d\d:\d\d ET \(Thu 15:\d\d here\), 60 times as", text)
    assert re.search(r"streams  ws://127\.0\.0\.1:\d+/stream, ws://[\d.:]+/v2/sip\n", text)
    assert "symbols  AAA and others, 1 in all" in text
    assert "export APCA_API_BASE_URL=http://127.0.0.1:" in text
    assert re.search(r"1 orders, 1 fills, 1 positions, equity 5,0\d\d\.\d\d USD; 5 requests", out)


def test_what_is_quiet_still_says_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_market(monkeypatch)
    monkeypatch.setattr(
        "avwap_cli.rehearsal.open_exchange.serve_forever",
        lambda _exchange, port, announce: announce(Served("127.0.0.1", port)),
    )
    words = ["exchange", "--home", str(tmp_path), "--port", "5", "--quiet"]
    said = CliRunner().invoke(app, words).output
    assert re.fullmatch(r"http://127\.0\.0\.1:5 AVWAPLOCAL\w{10} \w{40}\n", said)


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
    minutes = tmp_path / "minutes.csv"
    minutes.write_text(MINUTES)
    source = choose(desk_of(tmp_path), [str(minutes)], None, 7)
    assert source.session == date(2026, 11, 19)
    assert source.tape.symbols == ("AAA",)
    assert source.left_out == {}


def test_rows_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    minutes, daily = tmp_path / "minutes.csv", tmp_path / "daily.csv"
    minutes.write_text(
        MINUTES
        + "AAA,2026-11-19T09:32:00,nan,11,10,10.5,100\n"
        + "AAA,2026-11-19T09:33:00,10,11,10,10.5,-100\n"
        + "AAA,2026-11-19T09:34:00,10,9,10,10.5,100\n"
        + "AAA,2026-11-21T09:34:00,10,11,10,10.5,100\n"
        + "AAA,2026-11-19T09:31:00,10,11,10,10.5,100\n"
    )
    daily.write_text(DAILY + "BBB,2026-11-20,x,21,20,20.75,8000\naaa b,2026-11-20,1,1,1,1,1\n")
    source = choose(desk_of(tmp_path), [str(minutes), str(daily)], None, 7)
    assert source.left_out == {
        "without four positive prices": 1,
        "without volume": 1,
        "with a high below a low": 1,
        "of days without a session": 1,
        "of a minute that is there already": 1,
        "not a number": 1,
        "bad symbol": 1,
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("AAA,2026-11-21T09:30:00,1,1,1,1,1\n", "1 of days without a session"),
        ("aaa b,2026-11-19,1,1,1,1,1\nAAA,2026-11-19,x,1,1,1,1\n", "1 bad symbol, 1 not a number"),
        ("AAA,2026-11-19T09:30:00,1,1,1,1,1", "1 that no line break ends"),
    ],
)
def test_files_without_a_usable_row_say_why(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "bars.csv"
    file.write_text("symbol,timestamp,open,high,low,close,volume\n" + text)
    result = CliRunner().invoke(app, ["exchange", "--tape", str(file), "--home", str(tmp_path)])
    assert result.exit_code == 4
    assert f"left out: {why})" in " ".join(result.output.split())


def test_a_damaged_file_of_minutes_is_told_as_one(tmp_path: Path) -> None:
    file = tmp_path / "bars.csv"
    file.write_text(MINUTES + "AAA,2026-11-19T09:32:07,10,11,10,10.5,100\n")
    result = CliRunner().invoke(app, ["exchange", "--tape", str(file), "--home", str(tmp_path)])
    assert "are no whole minutes" in " ".join(result.output.split())


def test_the_made_up_market_is_the_demos_and_goes_on(tmp_path: Path) -> None:
    desk = desk_of(tmp_path)
    source = choose(desk, ["synthetic"], None, 7)
    market = desk.data.made_up_market(7, LAST_SESSION)
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
        (("--plan", "gold"), "'gold' is no plan"),
        (("--partials", "nan"), "--partials"),
        (("--latency", "3601"), "--latency 3601 cannot be"),
        (("--now", "2026-11-23T09:30"), "name its time with --session and --start"),
        (("--session", "2026-11-22"), "2026-11-22 is not a session"),
        (("--tape", "cache", "--tape", "x.csv"), "--tape cache stands alone"),
        (("--fault", "504-after-acept"), "504-after-accept"),
        (("--speed", "1e9"), "a speed is 0 to 86,400"),
        (("--speed", "-1"), "speed"),
        (("--host", "0.0.0.0"), "No such option"),
    ],
)
def test_what_cannot_be_is_said_before_the_tape_is_made(
    tmp_path: Path, words: tuple[str, ...], part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("avwap_cli.adapters.synthetic.SyntheticMarket.build")
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
