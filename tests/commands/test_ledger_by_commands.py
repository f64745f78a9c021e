"""Care of the account by commands: a lost ledger, a difference, who is refused, who is busy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from trading_rig import DAY, candidate, clock_time, tape_of
from trading_street import TradingStreet, street_on

from avwap_cli.adapters.stage_locks import stage_lock
from avwap_cli.market import sessions
from avwap_cli.market.splits import Split
from avwap_cli.wiring import trading_desk

D = Decimal
FOLLOWING = sessions.next_session(DAY)
FLAT = [("09:30", 100.0), ("16:00", 100.0)]
PATHS = {"AAA": {DAY: FLAT, FOLLOWING: FLAT}, "BBB": {DAY: FLAT, FOLLOWING: FLAT}}
PLAN = (candidate("AAA", "rsi_mean_reversion", 1), candidate("BBB", "adx_pullback", 2))
EVERY = (
    ["enter", "--group", "confirm"],
    ["monitor", "--once"],
    ["positions"],
    ["orders"],
)


def opened(street: TradingStreet) -> TradingStreet:
    """A position in AAA with its stop; BBB is yet to be confirmed; it is 09:45:05."""
    street.plan(*PLAN)
    street.run("enter", "--group", "moo")
    street.to("09:31")
    street.run("monitor", "--once")
    street.to("09:45:05")
    return street


@pytest.fixture
def street(tmp_path: Path) -> Iterator[TradingStreet]:
    with street_on(tmp_path, tape_of(PATHS)) as one:
        yield opened(one)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingStreet]:
    """The same for tests that leave everything as it is."""
    with street_on(tmp_path_factory.mktemp("calm"), tape_of(PATHS)) as one:
        yield opened(one)


def lose_ledger(street: TradingStreet) -> None:
    for path in street.ledger.parent.glob("*.sqlite3*"):
        path.unlink()


def test_a_lost_ledger_is_made_anew_with_the_same_positions_and_orders(
    street: TradingStreet,
) -> None:
    before, orders = street.told("positions")["body"]["positions"], street.orders()
    assert street.told("ledger", "backup")["state"] == "done"
    assert street.run("ledger", "rebuild").exit_code == 4, "a good ledger is never replaced"
    lose_ledger(street)
    assert street.told("orders", "--verify")["exit_code"] == 7, "ours, and unknown here"
    dry = street.told("ledger", "rebuild", "--dry-run")
    assert dry["summary"].startswith("dry run: ")
    assert not list(street.home.glob("outputs/ledger/*.sqlite3"))
    told = street.told("ledger", "rebuild")
    assert (told["exit_code"], told["counts"]["orders"], told["counts"]["fills"]) == (0, 2, 1)
    assert street.told("positions")["body"]["positions"] == before
    assert list(street.book.orders) == orders == street.orders()
    assert street.told("orders", "--verify")["exit_code"] == 0
    entering = street.told("enter", "--group", "confirm")
    assert entering["exit_code"] == 8, "a person looks at a new ledger first"
    assert street.orders() == orders
    street.run("resume")
    assert street.told("enter", "--group", "confirm")["counts"]["entered"] == 1
    assert set(street.held()) == {"AAA", "BBB"}


def test_without_its_ledger_a_home_enters_nothing(street: TradingStreet) -> None:
    orders = street.orders()
    lose_ledger(street)
    told = street.told("enter", "--group", "confirm")
    assert told["exit_code"] == 7
    assert street.orders() == orders


def test_an_order_of_ours_that_has_ended_is_missed_in_the_ledger_too(tmp_path: Path) -> None:
    with street_on(tmp_path, tape_of(PATHS)) as street:
        street.plan(*PLAN)
        street.run("enter", "--group", "moo")
        street.to("09:45:05")
        lose_ledger(street)
        told = street.told("enter", "--group", "confirm")
        assert told["exit_code"] == 7
        assert any("the broker has our order" in text for text in told["warnings"])
        differs = [row["begins"] for row in street.alerts() if row["kind"] == "differs"]
        assert differs == [True], "it is told once and does not come and go"
        assert [o for o in street.orders() if ".AAA." in o] == [
            "20261123.rsi_mean_reversion.AAA.L.entry.1"
        ]


def test_a_split_nobody_told_of_is_accepted_by_a_person(tmp_path: Path) -> None:
    tape = tape_of(PATHS, splits=[Split("AAA", FOLLOWING, 2.0)])
    with street_on(tmp_path, tape, faults=["500@GET /v1/corporate-actions"]) as street:
        opened(street)
        street.to("15:59")
        street.run("monitor")
        street.to("09:35", FOLLOWING)
        street.run("monitor", "--once")
        street.exchange.step(5)
        told = street.told("monitor", "--once")
        assert told["exit_code"] == 7, "no fill explains the quantity"
        assert street.told("orders", "--verify")["exit_code"] == 7
        assert street.run("orders", "--accept", "AAA").exit_code == 2, "nobody says why"
        dry = street.told("orders", "--accept", "AAA", "--why", "2:1 split", "--dry-run")
        assert dry["summary"].startswith("would accept AAA: 200 shares")
        taken = street.told("orders", "--accept", "AAA", "--why", "2:1 split")
        assert taken["summary"].startswith("accepted AAA: 200 shares")
        assert street.book.held("AAA") == 200 == street.held()["AAA"]
        assert street.told("monitor", "--once")["exit_code"] == 0
        rows = [row for row in street.alerts(FOLLOWING) if row["kind"] in ("differs", "acceptance")]
        assert [(row["kind"], row["begins"]) for row in rows] == [
            ("differs", True),
            ("acceptance", False),
            ("differs", False),
        ]


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_a_broker_that_does_not_answer_ends_with_6(calm: TradingStreet, words: list[str]) -> None:
    orders = calm.orders()
    fault = calm.exchange.fault("500@GET /v2/positions")
    told = calm.told(*words)
    calm.exchange.context.faults.remove(fault)
    assert (told["exit_code"], told["kind"]) == (6, "BrokerUnclear")
    assert calm.orders() == orders


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_an_account_that_another_holds_ends_with_75(
    calm: TradingStreet, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trading_desk, "ACCOUNT_WAIT_S", 0.05)
    now = datetime.now(sessions.EASTERN)
    with stage_lock(calm.home / "outputs" / "locks", "account", 1, now):
        told = calm.told(*words)
    assert (told["exit_code"], told["kind"]) == (75, "LockBusy")


def test_a_stage_that_runs_already_ends_with_75(calm: TradingStreet) -> None:
    now = datetime.now(sessions.EASTERN)
    locks = calm.home / "outputs" / "locks"
    with stage_lock(locks, "monitor", 1, now), stage_lock(locks, "enter-confirm", 1, now):
        loud = calm.told("monitor")
        quiet = calm.run("enter", "--group", "confirm", "--quiet")
    assert (loud["exit_code"], loud["kind"]) == (75, "LockBusy")
    assert (quiet.exit_code, quiet.output) == (75, "")


def test_a_halted_account_ends_with_8_and_goes_on_after_resume(street: TradingStreet) -> None:
    (street.home / "HALT").write_text("no-entries\n")
    told = street.told("enter", "--group", "confirm")
    assert (told["exit_code"], told["counts"]["denied_halted"]) == (8, 1)
    refused = street.told("resume")
    assert (refused["exit_code"], refused["kind"]) == (8, "Halted")
    (street.home / "HALT").unlink()
    assert street.told("enter", "--group", "confirm")["counts"]["entered"] == 1


LIVE = {"broker__mode": "live"}
ENTERING = ["enter", "--group", "moo", "--dry-run", "--now", "2026-11-23T09:27"]


@pytest.mark.parametrize("words", [ENTERING, ["positions"], ["orders"], ["halt", "flatten"]])
@pytest.mark.parametrize(
    ("key", "account", "url", "text"),
    [
        ("AKLIVE", "", "https://api.alpaca.markets", "the environment has no AVWAP_LIVE"),
        ("AKLIVE", "123456789", "", "broker.url is empty"),
        ("AKLIVE", "123456789", "HERE", "expected nothing or https://api.alpaca.markets"),
        ("MINE", "123456789", "https://api.alpaca.markets", "these keys are of a local exchange"),
    ],
)
def test_live_money_needs_all_its_keys_and_never_meets_a_local_exchange(
    calm: TradingStreet,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    key: str,
    account: str,
    url: str,
    text: str,
) -> None:
    mine = calm.environment["ALPACA_API_KEY"]
    here = {"ALPACA_API_KEY": mine if key == "MINE" else key, "AVWAP_LIVE": account}
    monkeypatch.setattr(calm, "environment", {**calm.environment, **here})
    more = ["--why", "x"] if words[0] == "halt" else []
    before = calm.exchange.requests
    where = calm.url if url == "HERE" else url
    told = calm.told(*words, *more, **LIVE, broker__url=f'"{where}"')
    assert (told["exit_code"], told["kind"]) == (3, "ConfigError")
    assert text in told["error"]
    assert calm.exchange.requests == before


def test_live_keys_never_reach_a_loopback_address(
    calm: TradingStreet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(calm.environment, "ALPACA_API_KEY", "AKLIVE")
    before = calm.exchange.requests
    for words in (["enter", "--group", "confirm"], ["monitor"], ["positions"], ["resume"]):
        told = calm.told(*words)
        assert (told["exit_code"], told["kind"]) == (3, "ConfigError"), words
        assert "not issued by a local exchange" in told["error"]
    assert calm.exchange.requests == before
    assert clock_time("09:45") < calm.exchange.now() < clock_time("09:50")
