"""The mailbox: nothing is lost, little is sent twice, and no channel is flooded."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from avwap_cli.adapters.alerts.mailbox import MOST_WAITING, Limits, Mailbox
from avwap_cli.review.digests import Message, Severity


def message(text: str, severity: Severity = Severity.INFO) -> Message:
    return Message(severity, text, (f"line of {text}",), ("table",), ("foot",))


def page(text: str) -> Message:
    return message(text, Severity.PAGE)


@pytest.fixture
def box(tmp_path: Path) -> Mailbox:
    return Mailbox(tmp_path / "alerts.json", tmp_path / "locks", Limits(2, 100.0))


def left(box: Mailbox, channel: str) -> int:
    """How many messages lie there long after."""
    return box.undelivered(channel, 1e9)[0]


def sent(box: Mailbox, text: str, now: float, severity: Severity = Severity.INFO) -> bool:
    """Put it and have it delivered, if it may go."""
    box.put({"A": message(text, severity)}, (), now)
    parcel = box.take("A", now)
    if parcel is None:
        return False
    box.delivered("A", parcel, now)
    return True


def test_a_message_is_kept_until_its_channel_said_yes(box: Mailbox) -> None:
    box.put({"A": message("one"), "B": message("one")}, (), 1000)
    parcel = box.take("A", 1000)
    assert parcel is not None
    assert parcel.message == message("one")
    assert (left(box, "A"), left(box, "B"), left(box, "C")) == (1, 1, 0)
    box.delivered("A", parcel, 1000)
    assert (left(box, "A"), left(box, "B")) == (0, 1)


def test_what_was_not_delivered_comes_along_with_the_next(box: Mailbox) -> None:
    box.put({"A": page("one")}, (), 1000)
    parcel = box.take("A", 1000)
    assert parcel is not None
    box.returned("A", parcel, 0)
    box.put({"A": message("two")}, (), 1001)
    both = box.take("A", 1001)
    assert both is not None
    assert both.message.title == "PAGE two"
    assert "1 earlier message was held back or not delivered:" in both.message.lines
    assert "  line of one" in both.message.lines
    box.delivered("A", both, 1001)
    assert box.take("A", 1001) is None


def test_what_another_run_is_sending_is_not_sent_twice_unless_it_died(box: Mailbox) -> None:
    box.put({"A": message("one")}, (), 1000)
    assert box.take("A", 1000) is not None
    assert box.take("A", 1030) is None
    assert box.take("A", 1061) is not None


def test_more_than_so_many_wait_and_go_as_one_with_their_number(box: Mailbox) -> None:
    assert [sent(box, str(n), 1000 + n) for n in range(5)] == [True, True, False, False, False]
    parcel = box.take("A", 1101)
    assert parcel is not None
    assert parcel.message.title == "4"
    assert "2 earlier messages were held back or not delivered:" in parcel.message.lines


def test_a_page_is_never_held_back(box: Mailbox) -> None:
    assert [sent(box, str(n), 1000) for n in range(3)] == [True, True, False]
    assert [sent(box, str(n), 1000, Severity.PAGE) for n in range(5)] == [True] * 5


def test_a_channel_is_left_alone_as_long_as_it_asked_but_for_a_page(box: Mailbox) -> None:
    box.put({"A": message("one")}, (), 1000)
    parcel = box.take("A", 1000)
    assert parcel is not None
    box.returned("A", parcel, 1050)
    assert box.take("A", 1049) is None
    assert box.take("A", 1050) is not None
    box.put({"A": page("two")}, (), 1020)
    assert box.take("A", 1020) is not None


def test_a_full_box_drops_the_oldest_that_do_not_page(box: Mailbox) -> None:
    box.put({"A": page("the page")}, (), 1000)
    for n in range(MOST_WAITING + 4):
        box.put({"A": message(str(n))}, (), 1000)
    assert len(json.loads(box.path.read_text())["boxes"]["A"]["waiting"]) == MOST_WAITING
    assert left(box, "A") == MOST_WAITING + 5  # and those that were dropped
    parcel = box.take("A", 1000)
    assert parcel is not None
    assert f"{MOST_WAITING + 4} earlier messages were held back or not delivered:" in (
        parcel.message.lines
    )
    assert "the page" in parcel.message.lines


def test_what_was_told_is_known_for_a_week(box: Mailbox) -> None:
    assert box.is_new()
    box.put({}, ["x", "y"], 1000)
    assert not box.is_new()
    assert box.knows(["x", "z"]) == {"x"}
    box.put({}, ["z"], 1000 + 7 * 86400)
    assert box.knows(["x", "y", "z"]) == {"z"}


def test_the_file_is_its_owners_alone(box: Mailbox) -> None:
    box.put({"A": message("one")}, (), 1000)
    assert stat.S_IMODE(box.path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text",
    ["", "[]", "nonsense", '{"boxes": 3, "told": {}, "last": 0}', '{"boxes": {}, "told": []}',
     '{"boxes": {"A": {"waiting": [{}]}}, "told": {}, "last": 1}', "[" * 10_000],
)  # fmt: skip
def test_a_file_that_makes_no_sense_counts_as_empty(box: Mailbox, text: str) -> None:
    box.path.write_text(text)
    assert box.take("A", 1000) is None
    box.put({"A": message("one")}, (), 1000)
    assert left(box, "A") == 1
    assert json.loads(box.path.read_text())["last"] == 1
