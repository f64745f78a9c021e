"""Account checkups: what a doctor says of keys, account, ledgers, and the broker's side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from avwap_cli.market import sessions
from avwap_cli.review.operations.checkups import Check, age, fail, listed, ok, skipped, warn

DAY_TRADER_USD = Decimal(25_000)


def keys(key_id: str, secret: str, mode: str, *, needed: bool = True) -> list[Check]:
    """Whether the keys look like keys of that mode, without showing them.

    Args:
        needed: whether this home trades, so that there must be some.
    """
    if not (key_id or secret or needed):
        return [skipped("keys", "none are set: this home only looks at candidates")]
    odd = []
    for name, value in (("ALPACA_API_KEY", key_id), ("ALPACA_SECRET_KEY", secret)):
        if not value:
            odd.append(f"{name} is not set")
        elif not value.isascii() or not all(c.isalnum() or c in "+/=_-" for c in value):
            odd.append(f"{name} holds a character that no key has")
        elif len(value) < 16:
            odd.append(f"{name} has only {len(value)} characters")
    if odd:
        return [fail("keys", "; ".join(odd), "copy both keys anew into .env, without quotes")]
    kinds = {"PK": "paper", "AK": "live"}
    kind = kinds.get(key_id[:2])
    if kind is not None and mode in kinds.values() and kind != mode:
        fix = f"set broker.mode: {kind}, or the keys of the {mode} account"
        return [fail("keys", f"the keys are of a {kind} account, broker.mode is {mode}", fix)]
    return [ok("keys", f"both are set, for broker.mode {mode}")]


def account(
    flags: Mapping[str, object],
    equity_usd: Decimal,
    multiplier: Decimal,
    shorts: bool,
    live_account: str | None = None,
) -> list[Check]:
    """What the account may do.

    Args:
        flags: of the broker's answer, by its own names.
        shorts: whether an enabled strategy sells short.
        live_account: number of the account that live money was meant for, which is this one.
    """
    name, contact = "account", "see the broker's dashboard, or ask its support"
    stops = ("trading_blocked", "account_blocked", "trade_suspended_by_user")
    found = [fail(name, f"{flag} is set", contact) for flag in stops if flags.get(flag) is True]
    status = flags.get("status")
    if status != "ACTIVE":
        found.append(fail(name, f"the account is {status}, not ACTIVE", contact))
    if flags.get("transfers_blocked") is True:
        found.append(warn(name, "transfers_blocked is set", contact))
    if flags.get("pattern_day_trader") is True and equity_usd < DAY_TRADER_USD:
        said = f"a pattern day trader with {equity_usd:,.0f} USD: closing on the day is refused"
        found.append(warn(name, said, "hold 25,000 USD, or do not leave on the day of the entry"))
    if shorts and flags.get("shorting_enabled") is not True:
        fix = "have shorting enabled, or disable the strategies that sell short"
        found.append(warn(name, "shorting is not enabled, and strategies sell short", fix))
    if multiplier <= 1:
        said = "a cash account: what a sale brings cannot be spent until it settles"
        found.append(warn(name, said, "ask for margin, or expect entries to be denied"))
    found = found or [ok(name, f"ACTIVE, {equity_usd:,.0f} USD, multiplier {multiplier:g}")]
    if live_account is not None:
        said = f"live money: {live_account} answers, as the environment says"
        found.append(ok(name, said))
    return found


def clock(name: str, ahead_s: float, limit_s: float, whose: str) -> Check:
    """This computer's clock against another; positive is ahead."""
    way = "ahead of" if ahead_s > 0 else "behind"
    said = f"this computer's clock is {abs(ahead_s):.1f} s {way} {whose}"
    if abs(ahead_s) > limit_s:
        return fail(name, f"{said}; {limit_s:g} s are allowed", "set the clock, e.g. switch NTP on")
    return ok(name, said)


def answer_date(ahead_s: float | None, limit_s: float) -> Check:
    """This computer's clock against the date of the broker's answers; None = they have none."""
    if ahead_s is None:
        return skipped("date", "the broker's answer has no time")
    return clock("date", ahead_s, limit_s, "the time of the broker's answers")


def calendar(differences: Sequence[str], days: int) -> Check:
    """Our sessions against the broker's."""
    if differences:
        return fail(
            "calendar", listed(differences), "update avwap; until then `avwap halt no-entries`"
        )
    return ok("calendar", f"the next {days} days are the broker's, to the minute")


def feed(told: str | None) -> Check:
    """Where the running session's prices come from."""
    if told == "sip":
        return ok("feed", "prices come from the whole market (sip)")
    fix = "subscribe to the SIP feed, or accept thin prices: see docs/data.md"
    if told is None:
        return fail("feed", "no feed gives a price", "see whether the keys may read market data")
    return warn("feed", f"prices come from {told}, not from the whole market in time", fix)


def ledger(intents: int, fills: int) -> Check:
    """A ledger that was read whole."""
    return ok("ledger", f"whole: {intents} intents, {fills} fills")


def no_ledger() -> Check:
    """A home that never traded."""
    return ok("ledger", "there is none yet; it comes with the first order")


def backup(account: str, newest: date | None, last: date) -> Check:
    """How old the ledger's newest copy is."""
    fix = "run `avwap ledger backup`; `avwap report` does it each evening"
    if newest is None:
        return warn("backup", f"the ledger {account} has no copy", fix)
    old = len(sessions.sessions_between(newest, last)) - 1 if newest < last else 0
    return age("backup", old, f"the newest copy of the ledger {account}", fix, few=1, many=5)


def no_backup() -> Check:
    """A home that never traded."""
    return ok("backup", "there is no ledger to copy")


def halt(text: str | None, *, by_file: bool) -> Check:
    """What is forbidden now, in words; None = nothing is."""
    if text is None:
        return ok("halt", "nothing is forbidden")
    way = "remove the file HALT from the home, then `avwap resume`"
    return warn("halt", text, way if by_file else "`avwap resume` lifts it")


def both_sides(differences: Sequence[str], orders: int, *, differ: bool) -> Check:
    """Ledger and broker, compared."""
    if differ:
        fix = "see `avwap orders --verify`; docs/faults.md says what each means"
        return fail("both sides", f"ledger and broker differ: {listed(differences)}", fix)
    return ok("both sides", f"ledger and broker agree on {orders} orders")


def not_compared(why: str) -> Check:
    """Somebody else is at work on the account."""
    return warn("both sides", f"not compared: {why}", "run `avwap orders --verify` later")
