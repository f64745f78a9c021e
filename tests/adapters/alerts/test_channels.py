"""Channels: which are set, who sends to which address, and how often it is tried."""

from __future__ import annotations

import logging
import threading
import time

import pytest
from slack_receiver import SlackReceiver

from avwap_cli.adapters.alerts.answers import Answer, refused
from avwap_cli.adapters.alerts.channels import Channel, channels_of, poster
from avwap_cli.review.digests import Message, Severity

MESSAGE = Message(Severity.WARNING, "title", ("a <b>line</b>",), ("table",), ("foot",))


def test_a_channel_is_there_when_its_variable_is_set_and_has_a_floor() -> None:
    entries = ("SLACK_WEBHOOK_URL", "PHONE:page", "NOT_SET", "MAIL:warning")
    found = channels_of(entries, {"SLACK_WEBHOOK_URL": "x", "PHONE": "y", "MAIL": "z"})
    assert [(c.name, c.floor.value) for c in found] == [
        ("SLACK_WEBHOOK_URL", "info"),
        ("PHONE", "page"),
        ("MAIL", "warning"),
    ]
    assert [found[2].takes(s) for s in Severity] == [False, True, True]
    assert [found[1].takes(s) for s in Severity] == [False, False, True]


def test_a_web_address_gets_slacks_form(slack: SlackReceiver) -> None:
    assert poster(slack.url)(MESSAGE, 2).delivered
    other = slack.url.replace("/services/", "/hooks/")
    assert poster(other)(MESSAGE, 2).delivered
    assert [one["text"] for one in slack.heard] == ["*title*"] * 2


class Script:
    """Answers as it is told, and counts."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.count = list(answers), 0

    def __call__(self, message: Message, timeout_s: float) -> Answer:
        self.count += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


YES, BUSY = Answer(True, "HTTP 200"), refused(500)


def delivered(script: Script, within_s: float = 10.0) -> Answer:
    channel = Channel("X", Severity.INFO, script)
    return channel.deliver(MESSAGE, 5.0, time.monotonic() + within_s)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits that are not waited."""
    found: list[float] = []
    monkeypatch.setattr("avwap_cli.adapters.alerts.channels.time.sleep", found.append)
    return found


def test_what_may_pass_is_tried_again_and_then_given_up(naps: list[float]) -> None:
    script = Script(BUSY, YES)
    assert delivered(script).delivered
    assert (script.count, naps) == (2, [0.5])
    script = Script(BUSY)
    assert delivered(script) == BUSY
    assert (script.count, naps) == (3, [0.5, 0.5, 1.5])


def test_a_receiver_is_left_alone_for_as_long_as_it_asks(naps: list[float]) -> None:
    script = Script(refused(429, "3"), YES)
    assert delivered(script).delivered
    assert naps == [3.0]
    script = Script(refused(429, "30"), YES)
    assert delivered(script).wait_s == 30, "longer than the deadline: with the next run"
    assert (script.count, naps) == (1, [3.0])


def test_a_no_for_good_is_not_asked_about_again(naps: list[float]) -> None:
    script = Script(refused(404))
    assert not delivered(script).delivered
    assert (script.count, naps) == (1, [])


def test_apprise_sends_to_what_it_knows(
    slack: SlackReceiver, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its own webhook in JSON, at the receiver; and what it logs reaches nobody."""
    url = f"json://127.0.0.1:{slack.server_port}/s3cret"
    slack.moods = [500, 204]
    answers = [poster(url)(MESSAGE, 2) for _ in range(2)]
    gone = poster("json://127.0.0.1:1/s3cret")(MESSAGE, 1)
    nonsense = poster("nonsense://s3cret")(MESSAGE, 1)
    assert [(a.delivered, a.text, a.again) for a in answers] == [
        (False, "HTTP 500", True),
        (True, "delivered by apprise", False),
    ]
    assert slack.asked == ["/s3cret", "/s3cret"]
    assert (gone.text, gone.again) == ("apprise had no answer", True)
    assert (nonsense.text, nonsense.again) == ("apprise knows no such address", False)
    assert not logging.getLogger("apprise").propagate
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "form", ["json://127.0.0.1:{port}/s3cret", "http://127.0.0.1:{port}/services/T/B/X"]
)
def test_a_server_that_drips_costs_no_more_than_the_deadline(
    slack: SlackReceiver, form: str
) -> None:
    slack.moods, slack.hang_s = ["drip"], 1.5
    post = poster(form.format(port=slack.server_port))
    post_once = Channel("X", Severity.INFO, post)
    began = time.monotonic()
    answer = post_once.deliver(MESSAGE, 0.3, began + 0.5)
    assert time.monotonic() - began < 1.0
    assert (answer.delivered, answer.text) == (False, "no answer in time")
    assert len(slack.asked) == 1, "what may still arrive is not sent again at once"
    left = [thread for thread in threading.enumerate() if thread.name == "attempt"]
    assert all(thread.daemon for thread in left), "the process could not end"
