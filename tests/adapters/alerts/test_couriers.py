"""The courier: pages at once, the rest in one, and no channel costs a run more than its deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from slack_receiver import SlackReceiver

from avwap_cli.adapters.alerts.channels import channels_of
from avwap_cli.adapters.alerts.couriers import Courier, Patience
from avwap_cli.adapters.alerts.mailbox import Limits, Mailbox
from avwap_cli.review.digests import Message, Run, Severity
from avwap_cli.trading.facts import Notice

DAY = date(2024, 3, 8)
AT = datetime(2024, 3, 8, 15, tzinfo=UTC)
RUN = Run("monitor", DAY, "paper")
PATIENCE = Patience(gather_s=60, timeout_s=1.0, deadline_s=2.0)
DIGEST = Message(Severity.INFO, "digest", ("all well",))


def notice(text: str, *, page: bool = False, at: datetime = AT) -> Notice:
    return Notice(at, DAY, "unprotected" if page else "halt", text, text, page=page)


class Post:
    """Couriers of one home, one after the other as its runs are."""

    def __init__(self, home: Path, slack: SlackReceiver) -> None:
        self.home, self.slack, self.entries = home, slack, ["SLACK_WEBHOOK_URL"]
        self.patience = PATIENCE

    @property
    def mailbox(self) -> Mailbox:
        return Mailbox(self.home / "alerts.json", self.home / "locks", Limits(10, 600))

    def courier(self) -> Courier:
        addresses = dict.fromkeys(["SLACK_WEBHOOK_URL", "PHONE"], self.slack.url)
        return Courier(channels_of(self.entries, addresses), self.mailbox, self.patience)

    def run(self, *notices: Notice, digest: Message | None = DIGEST) -> list[Notice]:
        """A whole run; what was left for its digest."""
        courier, left = self.courier(), []
        courier.begins(RUN)
        for one in notices:
            courier.tell(one)

        def last(rest: Sequence[Notice]) -> Message | None:
            left.extend(rest)
            return digest

        courier.ends(last)
        return left


@pytest.fixture
def post(tmp_path: Path, slack: SlackReceiver) -> Post:
    return Post(tmp_path, slack)


def until(true: object, within_s: float = 2.0) -> bool:
    ends = time.monotonic() + within_s
    while time.monotonic() < ends:
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.005)
    return False


def test_all_of_a_run_is_one_message_at_its_end(post: Post) -> None:
    left = post.run(notice("a"), notice("b"))
    assert [one.text for one in left] == ["a", "b"]
    assert post.slack.texts() == ["*digest*\nall well"]


def test_a_page_goes_while_the_run_goes_on(post: Post) -> None:
    courier = post.courier()
    courier.begins(RUN)
    courier.tell(notice("a"))
    assert not until(lambda: post.slack.heard, 0.1)
    courier.tell(notice("KO is bare", page=True))
    assert until(lambda: post.slack.heard)
    (text,) = post.slack.texts()
    assert text.startswith("*PAGE avwap paper: monitor 2024-03-08*\nPAGE unprotected: KO is bare")
    assert "halt: a" in text, "what was gathered goes along"
    courier.ends(lambda rest: DIGEST if not rest else None)
    assert len(post.slack.heard) == 2


def test_what_was_gathered_goes_when_it_has_waited_long_enough(post: Post) -> None:
    post.patience = replace(PATIENCE, gather_s=0.05)
    courier = post.courier()
    courier.begins(RUN)
    courier.tell(notice("a"))
    assert until(lambda: post.slack.heard)
    courier.ends(lambda rest: None)
    assert len(post.slack.heard) == 1


def test_each_channel_gets_what_is_above_its_floor(post: Post) -> None:
    post.entries = ["SLACK_WEBHOOK_URL:warning", "PHONE:page"]
    post.run()
    assert post.slack.heard == []
    post.run(digest=replace(DIGEST, severity=Severity.WARNING))
    assert len(post.slack.heard) == 1
    post.run(digest=replace(DIGEST, severity=Severity.PAGE))
    assert len(post.slack.heard) == 3


@pytest.mark.parametrize("mood", [500, (429, "60"), "reset", "garbage", "portal", 404])
def test_what_is_not_delivered_is_said_and_sent_with_the_next_run(
    post: Post, mood: object, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("avwap_cli.adapters.alerts.channels.RETRY_WAITS_S", (0.01,))
    post.slack.moods = [mood]
    post.run(digest=replace(DIGEST, title="first"))
    assert "SLACK_WEBHOOK_URL: not delivered" in caplog.text
    assert "canary" not in caplog.text.lower()
    assert post.mailbox.undelivered("SLACK_WEBHOOK_URL", 1e12)[0] == 1
    post.slack.moods = ["ok"]
    post.run(digest=None)
    if isinstance(mood, tuple):
        assert post.slack.heard == [], "it asked for a minute"
        post.run(digest=replace(DIGEST, severity=Severity.PAGE))
    assert "first" in post.slack.texts()[0]
    assert post.mailbox.undelivered("SLACK_WEBHOOK_URL", 1e12)[0] == 0


def test_a_rate_limit_is_waited_for(post: Post) -> None:
    post.slack.moods = [(429, "0"), (429, "0"), "ok"]
    post.run()
    assert len(post.slack.asked) == 3
    assert post.slack.texts() == ["*digest*\nall well"]


def test_a_channel_that_hangs_costs_no_more_than_the_deadline(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.patience = Patience(60, 0.2, 0.3)
    post.slack.moods = ["hang"]
    begun = time.monotonic()
    post.run(notice("KO", page=True))
    assert time.monotonic() - begun < 0.6
    assert until(lambda: "not delivered" in caplog.text)


def test_a_run_stopped_by_a_person_sends_nothing_and_loses_nothing(post: Post) -> None:
    courier = post.courier()
    courier.begins(RUN)
    courier.tell(notice("a"))
    courier.keeps()
    assert post.slack.heard == []
    post.run(digest=None)
    assert "halt: a" in post.slack.texts()[0]


def test_what_a_run_that_died_never_told_is_told_by_the_next(post: Post) -> None:
    recorded = [notice("died with it"), notice("older", at=AT - timedelta(days=2))]
    now = AT + timedelta(minutes=5)
    courier = post.courier()
    courier.overlooked(recorded, now)
    assert post.run() == [], "a home whose channel is new is not told of its past"
    courier = post.courier()
    courier.begins(RUN)
    courier.overlooked(recorded, AT + timedelta(minutes=1))
    courier.overlooked(recorded, now)
    left: list[Notice] = []
    courier.ends(lambda rest: left.extend(rest) or DIGEST)  # type: ignore[func-returns-value]
    assert [one.text for one in left] == ["died with it"]
    courier = post.courier()
    courier.begins(RUN)
    courier.overlooked(recorded, now)
    courier.ends(lambda rest: DIGEST if rest else None)
    assert len(post.slack.heard) == 2, "and not again"


def test_a_mailbox_that_cannot_be_written_hides_no_message(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    (post.home / "alerts.json").mkdir()
    post.run(notice("KO", page=True))
    assert "digest" in post.slack.texts()[-1]
    assert "cannot be kept" in caplog.text


def test_without_a_channel_nothing_is_kept_and_nobody_works(post: Post) -> None:
    post.entries = []
    courier = post.courier()
    courier.begins(RUN)
    courier.tell(notice("KO", page=True))
    courier.ends(lambda rest: pytest.fail("nobody asks"))
    courier.keeps()
    assert list(post.home.iterdir()) == []
    assert "courier" not in {thread.name for thread in threading.enumerate()}
