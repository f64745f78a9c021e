"""Drawings: the picture arrives where files are taken, and whatever becomes of it the text does."""

from __future__ import annotations

import base64
import json
import os
import stat
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from slack_receiver import SlackReceiver

from avwap_cli.adapters.alerts import apprise_posts, channels
from avwap_cli.adapters.alerts.answers import Answer
from avwap_cli.adapters.alerts.channels import Channel, channels_of
from avwap_cli.adapters.alerts.couriers import Courier, Patience
from avwap_cli.adapters.alerts.drawings import Drawing
from avwap_cli.adapters.alerts.mailbox import Limits, Mailbox
from avwap_cli.errors import StaleInput
from avwap_cli.review.digests import Enclosure, Message, Severity
from avwap_cli.trading.facts import Notice

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
PICTURE = Enclosure("candidates-2024-03-08.png", PNG)
DIGEST = Message(Severity.INFO, "scan", ("two candidates",), ("# symbol", "1 KO"))


class Home:
    """Couriers of one home whose two channels end at one receiver."""

    def __init__(self, folder: Path, receiver: SlackReceiver) -> None:
        self.folder, self.receiver = folder, receiver
        self.deadline_s = 2.0

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox(self.folder / "alerts.json", self.folder / "locks", Limits(10, 600))

    def ends(self, draw: Callable[[], Enclosure | None] | None, *names: str) -> list[dict]:
        """One run's end; what was heard of it."""
        port = self.receiver.server_port
        addresses = {"SLACK": self.receiver.url, "PHONE": f"json://127.0.0.1:{port}/x"}
        found = channels_of(names or ("PHONE",), addresses)
        before = len(self.receiver.heard)
        courier = Courier(found, self.mailbox, Patience(60, 1.0, self.deadline_s))

        def digest(notices: Sequence[Notice]) -> Message:
            return DIGEST

        courier.ends(digest, draw)
        return self.receiver.heard[before:]


@pytest.fixture
def home(tmp_path: Path, slack: SlackReceiver, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr(channels, "RETRY_WAITS_S", (0.01,))
    return Home(tmp_path, slack)


def files_of(heard: dict) -> list[tuple[str, str, bytes]]:
    return [(a["filename"], a["mimetype"], base64.b64decode(a["base64"]))
            for a in heard["attachments"]]  # fmt: skip


def test_a_channel_that_takes_files_gets_the_picture_and_a_webhook_its_text(home: Home) -> None:
    drawn = []
    heard = home.ends(lambda: drawn.append(1) or PICTURE, "PHONE", "SLACK")
    (phone,) = [one for one in heard if "message" in one]
    (webhook,) = [one for one in heard if "message" not in one]
    assert files_of(phone) == [("candidates-2024-03-08.png", "image/png", PNG)]
    assert phone["message"] == DIGEST.text
    assert json.dumps(webhook).count("KO") == 1
    assert "PNG" not in json.dumps(webhook)
    assert list(webhook) == ["text", "attachments"]
    assert len(webhook["attachments"]) == 1
    assert drawn == [1], "drawn once for all channels"
    assert b"PNG" not in (home.folder / "alerts.json").read_bytes()


def test_where_nobody_takes_files_nothing_is_drawn(home: Home) -> None:
    drawn = []
    (heard,) = home.ends(lambda: drawn.append(1) or PICTURE, "SLACK")
    assert heard["text"] == "*scan*"
    home.ends(lambda: drawn.append(1) or PICTURE, "PHONE:page")
    assert drawn == []


@pytest.mark.parametrize(
    "problem", [StaleInput("the cache is old", "refresh it"), ZeroDivisionError("x"), MemoryError()]
)
def test_a_picture_that_cannot_be_made_leaves_the_text_alone(
    home: Home, problem: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> Enclosure:
        raise problem

    (heard,) = home.ends(fails)
    assert heard["attachments"] == []
    assert heard["message"] == DIGEST.text
    (said,) = [r.getMessage() for r in caplog.records if "charts" in r.getMessage()]
    assert said.startswith("alerts: PHONE: sent without its charts (")
    assert type(problem).__name__ in said


def test_a_picture_that_takes_too_long_is_not_waited_for(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.deadline_s = 0.6

    def slow() -> Enclosure:
        time.sleep(1.2)
        return PICTURE

    began = time.monotonic()
    (heard,) = home.ends(slow)
    assert 0.3 <= time.monotonic() - began < 1.0
    assert heard["attachments"] == []
    assert "they were not drawn in time" in caplog.text


def test_a_picture_that_is_refused_stays_behind(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.receiver.moods = [413, "ok"]
    (heard,) = home.ends(lambda: PICTURE)
    assert heard["attachments"] == []
    assert len(home.receiver.asked) == 2
    assert "alerts: PHONE: sent without its charts (HTTP 413)" in caplog.text


def test_what_is_sent_later_is_text_alone(home: Home) -> None:
    home.receiver.moods = [404]
    assert home.ends(lambda: PICTURE) == []
    home.receiver.moods = ["ok"]
    (heard,) = home.ends(None)
    assert heard["attachments"] == []
    assert DIGEST.text in heard["message"]


def test_a_mailbox_that_cannot_be_used_stops_no_picture(home: Home) -> None:
    (home.folder / "locks").write_text("in the way")
    (heard,) = home.ends(lambda: PICTURE)
    assert [data for _, _, data in files_of(heard)] == [PNG]


def test_the_picture_lies_in_a_private_file_for_the_time_of_the_attempt(
    slack: SlackReceiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen = []
    url = f"json://127.0.0.1:{slack.server_port}/x"
    real = apprise_posts._plugin

    def watched(address: str, timeout_s: float) -> object:
        plugin = real(address, timeout_s)
        send = plugin.send

        def sending(*words: object, **more: object) -> object:
            for path in tmp_path.rglob("*"):
                seen.append((path.name, stat.S_IMODE(path.stat().st_mode)))
            return send(*words, **more)

        plugin.send = sending
        return plugin

    monkeypatch.setattr(apprise_posts, "_plugin", watched)
    letter = Message(Severity.INFO, "scan", ("x",), enclosure=PICTURE)
    old = os.umask(0)
    try:
        answer = apprise_posts.post_by_apprise(url, letter, 1.0)
    finally:
        os.umask(old)
    assert answer.delivered
    (folder, file) = seen
    assert folder[1] == 0o700
    assert file == ("candidates-2024-03-08.png", 0o600)
    assert list(tmp_path.iterdir()) == []


def test_the_second_attempt_goes_without_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "RETRY_WAITS_S", (0.0, 0.0))
    asked: list[Message] = []
    answers = [Answer(False, "HTTP 500", again=True), Answer(False, "HTTP 502", again=True),
               Answer(True, "ok")]  # fmt: skip

    def post(message: Message, timeout_s: float) -> Answer:
        asked.append(message)
        return answers[len(asked) - 1]

    letter = Message(Severity.INFO, "scan", enclosure=PICTURE)
    channel = Channel("X", Severity.INFO, post, lambda: True)
    answer = channel.deliver(letter, 1.0, time.monotonic() + 5)
    assert [one.enclosure for one in asked] == [PICTURE, None, None]
    assert (answer.delivered, answer.without) == (True, "HTTP 500")


@pytest.mark.parametrize(
    ("address", "takes"),
    [
        ("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7", False),
        ("http://127.0.0.1:9/services/T/B/X", False),
        ("https://mattermost.example.com/hooks/abc", False),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7/#general", False),
        ("slack://xoxb-1234-1234-abc124/#general", True),
        ("mailto://user:password@example.com", True),
        ("discord://123456789012345678/abcdefghijklmnopqrstuvwxyz", True),
        ("tgram://123456789:abcdefg_hijklmnop/12315544", True),
        ("nonsense://x", False),
    ],
)
def test_who_takes_files(address: str, takes: bool) -> None:
    (channel,) = channels_of(["X"], {"X": address})
    assert channel.takes_files() is takes


def test_a_drawing_that_is_made_is_there_at_once() -> None:
    drawing = Drawing(lambda: PICTURE, time.monotonic() + 1).begin()
    assert drawing.finished() == PICTURE
    assert drawing.finished() == PICTURE
    assert drawing.why == ""
