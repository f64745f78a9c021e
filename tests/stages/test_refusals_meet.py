"""Every refusal the broker knows meets entry, stop, move, trim and exit.

Whatever the words, a position ends protected for exactly its quantity, closed, or with a page
that names it; nothing is sent in a loop; and once the broker takes orders again, all is well
without a person.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from failed_days import (
    NO_LIMITS,
    flat_days,
    is_protected,
    listened,
    paged,
    rules,
    same_everywhere,
    to_day,
    told,
    watch,
)
from trading_rig import DAY, Path_, Rig, candidate, tape_of

from avwap_cli.exchange.protocol.ordered_faults.refusal_catalogue import CATALOGUE
from avwap_cli.market import sessions
from avwap_cli.trading.refusals import RefusalName, named

NEXT = sessions.next_session(DAY)
PER_RIG = 20
NAMES = sorted(CATALOGUE)
GROUPS = [NAMES[n : n + PER_RIG] for n in range(0, len(NAMES), PER_RIG)]
# those that something particular is done about, and one that nothing is
SPECIAL = [
    "client-id-taken",
    "hard-to-borrow",
    "wash-trade",
    "wrong-side-stop",
    "insufficient-qty",
    "intent-mismatch",
    "not-replaceable",
    "no-position",
]
RULES = rules({**NO_LIMITS, "risk.max_position_frac": "0.001", "monitor.busy_s": "5"})
SUBMIT, MOVE, CANCEL = "POST /v2/orders", "PATCH /v2/orders/*", "DELETE /v2/orders/*"
MOST_A_MINUTE = 4
AT_FIRST = 6


def symbols(names: Iterable[str]) -> dict[str, str]:
    """refusal -> the symbol that meets it."""
    return {name: f"R{chr(65 + n // 26)}{chr(65 + n % 26)}" for n, name in enumerate(names)}


def refuse(rig: Rig, meets: Mapping[str, str], *places: str, times: str = "") -> None:
    for place in places:
        for name, symbol in meets.items():
            rig.exchange.fault(f"refuse@{place},symbol={symbol},value={name}{times}")


def made(tmp_path: Path, paths: Mapping[str, Mapping[object, Path_]], start: str) -> Rig:
    cash = Decimal(10_000_000)
    return Rig(tmp_path, tape_of(paths), start=start, rules=RULES, cash=cash)  # type: ignore[arg-type]


def held(tmp_path: Path, meets: Mapping[str, str], path: Path_ | None = None) -> Rig:
    """Protected moo positions of all of them at 09:31, on a tape of two sessions."""
    paths = flat_days(list(meets.values()), DAY, NEXT)
    if path is not None:
        paths = {symbol: {**days, DAY: path} for symbol, days in paths.items()}
    rig = made(tmp_path, paths, "09:26")
    entered(rig, meets)
    watch(rig, "09:31")
    assert all(is_protected(rig, s) and rig.held(s) > 0 for s in meets.values())
    return rig


def entered(rig: Rig, meets: Mapping[str, str]) -> None:
    rows = enumerate(meets.values(), 1)
    rig.plan(*(candidate(symbol, "rsi_mean_reversion", n) for n, symbol in rows))
    rig.enter("moo")


def unsafe(rig: Rig, meets: Mapping[str, str]) -> dict[str, str]:
    """Refusals after which a position is neither protected, nor closed, nor paged."""
    return {
        name: f"{rig.held(symbol)} held, {paged(rig, symbol)} paged"
        for name, symbol in meets.items()
        if not is_protected(rig, symbol) and not paged(rig, symbol)
    }


def bare(rig: Rig, meets: Mapping[str, str]) -> list[str]:
    """Refusals after which a position stays unprotected."""
    return [name for name, symbol in meets.items() if not is_protected(rig, symbol)]


def looped(rig: Rig, meets: Mapping[str, str], minutes: int = 4) -> dict[str, int]:
    """Refusals that were answered by more requests, or more rows, than a person would stand."""
    facts = rig.ledger.facts()
    rows = Counter(a.client_id.split(".")[2] for a in facts.acts)
    rows += Counter(d.symbol for d in facts.decisions)
    most = AT_FIRST + MOST_A_MINUTE * minutes
    return {name: rows[symbol] for name, symbol in meets.items() if rows[symbol] > most}


def recovered(rig: Rig, meets: Mapping[str, str], until: str) -> None:
    """The broker takes orders again, and nobody has to help."""
    rig.exchange.context.faults.clear()
    watch(rig, until)
    assert bare(rig, meets) == []
    assert {name: paged(rig, symbol) for name, symbol in meets.items() if paged(rig, symbol)} == {}
    assert same_everywhere(rig)


def test_every_refusal_of_the_catalogue_has_a_name_of_ours() -> None:
    made_of = {name: example() for name, example in CATALOGUE.items()}
    unknown = [
        name
        for name, r in made_of.items()
        if named(r.status, r.code or 0, r.message, {}) is RefusalName.UNKNOWN
    ]
    assert unknown == []


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: names[0])
def test_a_refused_entry_is_over_for_the_session(tmp_path: Path, names: list[str]) -> None:
    meets = symbols(names)
    rig = made(tmp_path, flat_days(list(meets.values()), DAY), "09:26")
    refuse(rig, meets, SUBMIT)
    heard = listened(rig.exchange)

    entered(rig, meets)
    rig.exchange.context.faults.clear()
    rig.to("09:29")
    rig.enter("moo")
    watch(rig, "09:33")

    posts = Counter(json.loads(r.body)["symbol"] for _, r, _ in heard if r.method == "POST")
    taken = symbols(names).get("client-id-taken")
    for symbol in meets.values():
        most = 4 if symbol == taken else 1  # "must be unique" closes nothing: it is asked by id
        assert 1 <= posts[symbol] <= most, symbol
        assert len([o for o in rig.orders() if o.symbol == symbol and o.side.value == "buy"]) <= 1
        if symbol != taken:
            assert rig.held(symbol) == 0
            assert len(told(rig, "refusal", symbol)) == 1
    assert unsafe(rig, meets) == {}
    assert same_everywhere(rig)


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: names[0])
def test_a_stop_refused_for_good_pages_and_stands_once_it_may(
    tmp_path: Path, names: list[str]
) -> None:
    meets = symbols(names)
    rig = made(tmp_path, flat_days(list(meets.values()), DAY), "09:26")
    entered(rig, meets)
    refuse(rig, meets, SUBMIT)

    watch(rig, "09:31:30")

    assert sorted(bare(rig, meets)) == sorted(meets)
    assert {n: paged(rig, s) for n, s in meets.items()} == {n: {"unprotected"} for n in meets}
    assert looped(rig, meets, minutes=2) == {}
    recovered(rig, meets, "09:33:30")


def test_a_stop_refused_once_stands_with_the_next_pass(tmp_path: Path) -> None:
    meets = symbols(SPECIAL)
    rig = made(tmp_path, flat_days(list(meets.values()), DAY), "09:26")
    entered(rig, meets)
    refuse(rig, meets, SUBMIT, times=",times=1")

    watch(rig, "09:32:30")

    assert bare(rig, meets) == []
    assert told(rig, "unprotected") == []
    stops = {
        name: [o for o in rig.orders() if o.symbol == meets[name] and o.type.value == "stop"]
        for name in meets
    }
    assert rig.held(meets["wrong-side-stop"]) == 0  # through already: left at the market
    assert {name: stop[-1].tif.value for name, stop in stops.items() if stop} == {
        name: "day" if name == "hard-to-borrow" else "gtc"
        for name in meets
        if name != "wrong-side-stop"
    }


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: names[0])
def test_a_move_refused_for_good_ends_in_a_new_stop(tmp_path: Path, names: list[str]) -> None:
    meets = symbols(names)
    rig = held(tmp_path, meets)
    to_day(rig, NEXT, "09:28")
    refuse(rig, meets, MOVE)

    watch(rig, "09:31:30")

    assert bare(rig, meets) == []
    assert looped(rig, meets, minutes=2) == {}
    recovered(rig, meets, "09:32:30")
    levels = {
        name: [str(o.stop_price) for o in rig.orders() if o.symbol == s and o.status.value == "new"]
        for name, s in meets.items()
    }
    assert levels == {name: ["95.02"] for name in meets}  # 2.5 ATR below 100.02


def test_a_move_and_its_new_stop_refused_page(tmp_path: Path) -> None:
    meets = symbols(SPECIAL)
    rig = held(tmp_path, meets)
    to_day(rig, NEXT, "09:28")
    refuse(rig, meets, MOVE, SUBMIT)

    watch(rig, "09:33")

    assert unsafe(rig, meets) == {}
    assert looped(rig, meets) == {}
    recovered(rig, meets, "09:37")


BREAKOUT = [("09:30", 99.5), ("09:50", 101), ("10:00", 101.2), ("10:05", 102), ("10:10", 107)]


def held_avwap(tmp_path: Path, meets: Mapping[str, str]) -> Rig:
    """avwap positions with their stops, a few minutes before the price reaches R1 (106)."""
    path = [*BREAKOUT, ("16:00", 107.0)]
    rig = made(tmp_path, {s: {DAY: path} for s in meets.values()}, "09:55")
    rig.plan(*(candidate(symbol, "avwap", n) for n, symbol in enumerate(meets.values(), 1)))
    rig.enter("boh")
    watch(rig, "10:02")
    assert all(is_protected(rig, s) and rig.held(s) > 1 for s in meets.values())
    return rig


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: names[0])
def test_a_trim_refused_for_good_leaves_the_stop_for_the_whole(
    tmp_path: Path, names: list[str]
) -> None:
    meets = symbols(names)
    rig = held_avwap(tmp_path, meets)
    before = {s: rig.held(s) for s in meets.values()}
    refuse(rig, meets, SUBMIT)

    watch(rig, "10:12")

    taken = meets.get("client-id-taken")
    assert {s: rig.held(s) for s in meets.values()} == before
    assert [n for n in bare(rig, meets) if meets[n] != taken] == []
    assert unsafe(rig, meets) == {}
    assert looped(rig, meets, minutes=2) == {}
    recovered(rig, meets, "10:14")


@pytest.mark.parametrize("places", [(MOVE,), (MOVE, SUBMIT), (CANCEL, MOVE)])
def test_a_trim_whose_stop_cannot_make_room(tmp_path: Path, places: tuple[str, ...]) -> None:
    meets = symbols(SPECIAL)
    rig = held_avwap(tmp_path, meets)
    refuse(rig, meets, *places)

    watch(rig, "10:12:30")

    assert unsafe(rig, meets) == {}
    assert looped(rig, meets) == {}
    recovered(rig, meets, "10:20")


DROP = [("09:30", 100), ("09:31", 100), ("09:32", 92), ("16:00", 92.0)]  # twice 7 %, above the stop


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: names[0])
def test_an_exit_refused_for_good_pages_and_leaves_once_it_may(
    tmp_path: Path, names: list[str]
) -> None:
    meets = symbols(names)
    rig = held(tmp_path, meets, DROP)
    refuse(rig, meets, SUBMIT)  # the exit, and the stop that would go back

    watch(rig, "09:34:30")

    assert all(rig.held(s) > 0 for s in meets.values())
    assert {n: paged(rig, s) for n, s in meets.items()} == {n: {"unprotected"} for n in meets}
    assert looped(rig, meets, minutes=2) == {}
    recovered(rig, meets, "09:37")
    assert {n: rig.held(s) for n, s in meets.items()} == dict.fromkeys(meets, Decimal(0))


def test_an_exit_refused_once_puts_the_stop_back_in_the_same_pass(tmp_path: Path) -> None:
    meets = symbols(SPECIAL)
    rig = held(tmp_path, meets, DROP)
    refuse(rig, meets, SUBMIT, times=",times=1")

    watch(rig, "09:33:30")

    taken = meets["client-id-taken"]
    assert [n for n in bare(rig, meets) if meets[n] != taken] == []
    acts: dict[str, list[tuple[str, datetime]]] = {name: [] for name in meets}
    for act in rig.ledger.facts().acts:
        leg, at = act.client_id.split(".")[4:], act.at
        name = next(n for n, s in meets.items() if s == act.client_id.split(".")[2])
        if act.verb == "submit" and leg != ["entry", "1"]:
            acts[name].append((".".join(leg), at))
    for name in set(meets) - {"client-id-taken"}:
        refused, back = acts[name][1:3]
        assert (refused[0], back[0]) == ("exit.1", "stop.2"), name
        assert refused[1] == back[1], name
    recovered(rig, meets, "09:38")
    assert {n: rig.held(s) for n, s in meets.items()} == dict.fromkeys(meets, Decimal(0))


def test_a_cancel_refused_for_good_pages_and_nothing_is_sold(tmp_path: Path) -> None:
    meets = symbols(SPECIAL)
    rig = held(tmp_path, meets, DROP)
    refuse(rig, meets, CANCEL)

    watch(rig, "09:36")

    assert bare(rig, meets) == []
    assert {n: paged(rig, s) for n, s in meets.items()} == {n: {"stuck_cancel"} for n in meets}
    assert looped(rig, meets) == {}
    recovered(rig, meets, "09:40")
    assert {n: rig.held(s) for n, s in meets.items()} == dict.fromkeys(meets, Decimal(0))
