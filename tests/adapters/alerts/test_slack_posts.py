"""Slack's webhook: the form of the message, and what each answer means."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from slack_receiver import PATH, SlackReceiver

from avwap_cli.adapters.alerts.slack_posts import post_to_slack
from avwap_cli.review.digests import Message, Severity

MESSAGE = Message(
    Severity.PAGE,
    "PAGE avwap <!channel>",
    ("KO & PEP: <b>bare</b>", "rsi_mean_reversion"),
    ("#  symbol", "1  A```B"),
    ("health: good",),
)


def test_the_message_has_slacks_form_and_no_text_is_markup(slack: SlackReceiver) -> None:
    assert post_to_slack(slack.url, MESSAGE, 2).delivered
    assert slack.asked == [PATH]
    assert slack.heard == [
        {
            "text": "*PAGE avwap &lt;!channel&gt;*",
            "attachments": [
                {
                    "color": "#a32037",
                    "fallback": "PAGE avwap &lt;!channel&gt;",
                    "mrkdwn_in": ["text"],
                    "text": "KO &amp; PEP: &lt;b&gt;bare&lt;/b&gt;\nrsi_mean_reversion\n"
                    "```\n#  symbol\n1  A'''B\n```\nhealth: good",
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("mood", "text", "again", "wait_s"),
    [
        ((429, "7"), "HTTP 429", True, 7.0),
        (429, "HTTP 429", True, None),
        ((503, "nonsense"), "HTTP 503", True, None),
        (500, "HTTP 500", True, None),
        (404, "HTTP 404", False, None),
        (403, "HTTP 403", False, None),
        (302, "HTTP 302", False, None),
        ("portal", "HTTP 200, but the answer is not that of a webhook", True, None),
        ("reset", "ConnectionError", True, None),
        ("garbage", "ConnectionError", True, None),
    ],
)
def test_each_no_is_told_without_the_address(
    slack: SlackReceiver, mood: Any, text: str, again: bool, wait_s: float | None
) -> None:
    slack.moods = [mood]
    answer = post_to_slack(slack.url, MESSAGE, 2)
    assert not answer.delivered
    assert (answer.text, answer.again, answer.wait_s) == (text, again, wait_s)


def test_a_receiver_that_hangs_is_given_up(slack: SlackReceiver) -> None:
    slack.moods, slack.hang_s = ["hang"], 0.5
    begun = time.monotonic()
    answer = post_to_slack(slack.url, MESSAGE, 0.1)
    assert time.monotonic() - begun < 0.4
    assert (answer.delivered, answer.text, answer.again) == (False, "ReadTimeout", True)


def test_a_date_says_how_long_to_wait_as_well(slack: SlackReceiver) -> None:
    slack.moods = [(429, format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True))]
    wait_s = post_to_slack(slack.url, MESSAGE, 2).wait_s
    assert wait_s is not None
    assert 25 < wait_s <= 30


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://127.0.0.1:1/services/x"])
def test_an_address_that_cannot_be_reached_is_an_answer_too(url: str) -> None:
    answer = post_to_slack(url, MESSAGE, 1)
    assert not answer.delivered
    assert "127.0.0.1" not in answer.text
