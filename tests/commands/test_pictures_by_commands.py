"""Pictures by commands: a chart as a PNG, and the candidates with the scan's digest."""

from __future__ import annotations

import base64
import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from slack_receiver import SlackReceiver
from typer.testing import CliRunner, Result

from avwap_cli.cli import app

EVENING, DAY = "2026-11-20T20:15", "2026-11-23"


def run(home: Path, *words: str, **env: str) -> Result:
    place = ["--home", str(home), "--now", EVENING]
    return CliRunner().invoke(app, [*words, *place], env=env)


@contextmanager
def opened(png: bytes) -> Iterator[Image.Image]:
    with Image.open(io.BytesIO(png)) as picture:
        picture.load()
        yield picture


def test_a_chart_is_a_picture_where_its_name_says_so(demo_home: Path, tmp_path: Path) -> None:
    scan = json.loads((demo_home / "outputs/sessions" / DAY / "scan.json").read_text())
    symbol, out = scan["candidates"][0]["symbol"], tmp_path / "one.png"
    first = run(demo_home, "chart", symbol, "--out", str(out), "--json")
    assert first.exit_code == 0, first.output
    said = json.loads(first.stdout)
    assert (said["state"], said["body"]["page"]) == ("done", str(out))
    before = out.read_bytes()
    with opened(before) as picture:
        assert (picture.format, picture.size) == ("PNG", (1200, 900))
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 30
    again = run(demo_home, "chart", symbol, "--out", str(out))
    assert "nothing changed" in again.stdout
    assert out.read_bytes() == before


def test_a_file_that_is_no_picture_stays(demo_home: Path, tmp_path: Path) -> None:
    out = tmp_path / "keys.png"
    out.write_text("ALPACA_SECRET_KEY=x")
    result = run(demo_home, "chart", "SPY", "--out", str(out))
    assert result.exit_code == 2
    assert "avwap did not make it" in result.stderr
    assert out.read_text() == "ALPACA_SECRET_KEY=x"
    result = run(demo_home, "chart", "SPY", "--out", str(tmp_path / "x.gif"))
    assert result.exit_code == 2
    assert "name a file that ends in .html or .png" in result.stderr


def test_a_page_of_ours_is_replaced_and_no_other(demo_home: Path, tmp_path: Path) -> None:
    ours, notes = tmp_path / "spy.html", tmp_path / "notes.html"
    for session in (DAY, "2026-11-20"):
        done = run(demo_home, "chart", "SPY", "--session", session, "--out", str(ours))
        assert done.exit_code == 0, done.output
    notes.write_text("precious")
    refused = run(demo_home, "chart", "SPY", "--out", str(notes))
    assert (refused.exit_code, notes.read_text()) == (2, "precious")
    long = run(demo_home, "chart", "SPY", "--out", str(tmp_path / f"{'x' * 300}.png"))
    assert (long.exit_code, "File name too long" in long.stderr) == (2, True)


@pytest.fixture
def own_demo(demo_home: Path, tmp_path: Path) -> Path:
    """The demo's home before its scan."""
    home = Path(shutil.copytree(demo_home, tmp_path / "demo"))
    (home / "outputs" / "sessions" / DAY / "scan.json").unlink()
    return home


def scanned(home: Path, slack: SlackReceiver, *words: str) -> Result:
    port = slack.server_port
    real_time = ("broker.mode=exchange", "broker.url=http://127.0.0.1:9")
    chosen = (*real_time, "alerts.channels=[SLACK, PHONE]")
    told = [word for value in chosen for word in ("--set", value)]
    return run(home, "scan", *told, *words, SLACK=slack.url, PHONE=f"json://127.0.0.1:{port}/x")


def heard(slack: SlackReceiver) -> tuple[dict, dict]:
    """What came to the webhook and to the phone."""
    (webhook,) = [one for one in slack.heard if "text" in one]
    (phone,) = [one for one in slack.heard if "message" in one]
    return webhook, phone


def test_the_scans_digest_brings_six_charts_to_a_phone(
    own_demo: Path, slack: SlackReceiver
) -> None:
    result = scanned(own_demo, slack)
    assert result.exit_code == 0, result.output
    webhook, phone = heard(slack)
    (file,) = phone["attachments"]
    assert (file["filename"], file["mimetype"]) == (f"candidates-{DAY}.png", "image/png")
    png = base64.b64decode(file["base64"])
    assert len(png) < 300_000
    with opened(png) as picture:
        assert (picture.size[0], picture.size[1] > 1900) == (1200, True)
    assert set(webhook) == {"text", "attachments"}
    assert webhook["attachments"][0]["text"].endswith("feed synthetic sip, bars fresh")


def test_a_picture_that_cannot_be_painted_changes_no_exit_code(
    own_demo: Path, slack: SlackReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(sheet: object) -> bytes:
        raise OSError("no room")

    monkeypatch.setattr("avwap_cli.adapters.pictures.paint", broken)
    result = scanned(own_demo, slack)
    assert result.exit_code == 0
    assert heard(slack)[1]["attachments"] == []
    assert "PHONE: sent without its charts (OSError: no room)" in result.stderr


def test_a_trial_of_alerts_sends_a_made_up_picture(demo_home: Path, slack: SlackReceiver) -> None:
    address = f"json://127.0.0.1:{slack.server_port}/x"
    named = ("--set", "alerts.channels=[SLACK, PHONE]")
    result = run(demo_home, "alerts", "test", "--json", *named, SLACK=slack.url, PHONE=address)
    assert result.exit_code == 0, result.output
    rows = {row["channel"]: row["picture"] for row in json.loads(result.stdout)["body"]["channels"]}
    assert rows == {"SLACK": "none is sent there", "PHONE": "delivered"}
    with_file = [one for one in slack.heard if "message" in one and one["attachments"]]
    (one,) = with_file
    assert "scan" in one["title"]
    with opened(base64.b64decode(one["attachments"][0]["base64"])) as picture:
        assert picture.size[0] == 1200
    slack.heard.clear()
    only = ("--channel", "PHONE", "--set", "alerts.charts=0")
    result = run(demo_home, "alerts", "test", *named, *only, PHONE=address)
    assert result.exit_code == 0, result.output
    assert [one["attachments"] for one in slack.heard] == [[]] * 12
