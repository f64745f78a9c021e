"""Channels: where messages go, each named by the variable that holds its address."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from threading import Thread
from urllib.parse import urlsplit

from avwap_cli.adapters.alerts.answers import Answer
from avwap_cli.review.digests import Message, Severity

RETRY_WAITS_S = (0.5, 1.5)
SHORTEST_S = 0.1
SLACK_PATH = "/services/"

Post = Callable[[Message, float], Answer]


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to people.

    Attributes:
        name: of the variable.
        floor: the least that is sent there.
        post: one attempt, within so many seconds for each step of it.
        takes_files: whether a picture can go along.
    """

    name: str
    floor: Severity
    post: Post
    takes_files: Callable[[], bool] = lambda: False

    def takes(self, severity: Severity) -> bool:
        """Whether messages of that severity go there."""
        return severity.rank >= self.floor.rank

    def deliver(self, message: Message, timeout_s: float, until: float) -> Answer:
        """Try, and where it may help try again, until that moment of the monotonic clock.

        A picture goes with the first attempt alone: it may be why that one failed.
        """
        without = ""
        for pause in RETRY_WAITS_S:
            answer = replace(self._attempt(message, timeout_s, until), without=without)
            wait_s = pause if answer.wait_s is None else answer.wait_s
            again = answer.again or message.enclosure is not None
            if answer.delivered or not again or time.monotonic() + wait_s >= until:
                return answer
            if message.enclosure is not None:
                message, without = replace(message, enclosure=None), answer.text
            time.sleep(wait_s)
        return replace(self._attempt(message, timeout_s, until), without=without)

    def _attempt(self, message: Message, timeout_s: float, until: float) -> Answer:
        """One attempt; the one that a dripping server keeps beyond the deadline is left behind.

        It may still arrive, so it is not tried again at once.
        """
        left_s = max(until - time.monotonic(), SHORTEST_S)
        answers: list[Answer] = []

        def post() -> None:
            answers.append(self.post(message, min(timeout_s, left_s)))

        thread = Thread(target=post, name="attempt", daemon=True)
        thread.start()
        thread.join(left_s)
        return answers[0] if answers else Answer(False, "no answer in time")


def channels_of(entries: Iterable[str], addresses: Mapping[str, str]) -> tuple[Channel, ...]:
    """The channels whose variable is set.

    Args:
        entries: `NAME` or `NAME:floor`, as in the configuration.
        addresses: name -> address.
    """
    found = []
    for entry in entries:
        name, _, floor = entry.partition(":")
        if addresses.get(name):
            url, least = addresses[name], Severity(floor or "info")
            found.append(Channel(name, least, poster(url), partial(_takes_files, url)))
    return tuple(found)


def poster(url: str) -> Post:
    """Who sends to that address: a webhook in Slack's form, else apprise."""

    def post(message: Message, timeout_s: float) -> Answer:
        if _is_slack(url):
            from avwap_cli.adapters.alerts.slack_posts import post_to_slack

            return post_to_slack(url, message, timeout_s)
        from avwap_cli.adapters.alerts.apprise_posts import post_by_apprise

        return post_by_apprise(url, message, timeout_s)

    return post


def _takes_files(url: str) -> bool:
    """A webhook in Slack's form takes text alone."""
    if _is_slack(url):
        return False
    from avwap_cli.adapters.alerts.apprise_posts import takes_files

    return takes_files(url)


def _is_slack(url: str) -> bool:
    """A web address that is Slack's by its path, or that apprise does not know as another's."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        return False
    if parts.path.startswith(SLACK_PATH):
        return True
    from avwap_cli.adapters.alerts.apprise_posts import is_known

    return not is_known(url)
