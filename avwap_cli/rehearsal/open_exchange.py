"""The open exchange: `avwap exchange`, from the words of the command line to the last order.

The local exchange serves on the tape that is asked for, until it is stopped.
Nothing of the home is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Literal

from avwap_cli.errors import UsageError
from avwap_cli.exchange.faults import Fault
from avwap_cli.exchange.local import LocalExchange
from avwap_cli.exchange.protocol.ordered_faults.fault_text import fault
from avwap_cli.exchange.server import Served, serve_forever
from avwap_cli.exchange.settings import Settings
from avwap_cli.exchange.virtual_clock import FASTEST
from avwap_cli.market.sessions import EASTERN
from avwap_cli.rehearsal.exchange_tapes import SYNTHETIC, Source, busiest, choose, counted
from avwap_cli.terminal.exchange_text import Opening, Summary, show_opening, show_summary
from avwap_cli.terminal.screen import Screen
from avwap_cli.wiring.desk import Desk

MIN_CASH, MAX_CASH = Decimal(1), Decimal(10**12)
LONGEST_LATENCY_S = 3600.0
PLANS: Mapping[str, Literal["basic", "plus"]] = {"basic": "basic", "plus": "plus"}


@dataclass(frozen=True, slots=True)
class ExchangeChoices:
    """What the command line asks for.

    Attributes:
        tapes: `synthetic`, `cache`, or one or more files.
        session: where time begins; None = the tape's own.
        start: the time of day, in New York.
        seed: of the market, the paths, the ids and the keys; None = the configuration's.
        settings: of the account, but for the seed.
    """

    tapes: tuple[str, ...]
    session: date | None
    start: time
    speed: float
    faults: tuple[Fault, ...]
    port: int
    seed: int | None
    settings: Settings


def choices_of(
    *,
    tapes: Sequence[str],
    session: date | None,
    start: str,
    speed: float,
    faults: Sequence[str],
    port: int,
    cash: str,
    plan: str,
    partials: float,
    latency: float,
    seed: int | None,
) -> ExchangeChoices:
    """What the words of the command line ask for.

    Raises:
        UsageError: one of them cannot be had.
    """
    if not 0 <= speed <= FASTEST:
        raise UsageError(
            f"a speed is 0 to {FASTEST:,.0f} virtual seconds a second, not {speed}",
            "change --speed",
        )
    return ExchangeChoices(
        tuple(tapes) or (SYNTHETIC,),
        session,
        _time_of_day(start),
        speed,
        tuple(fault(text) for text in faults),
        port,
        seed,
        Settings(
            cash=_cash(cash),
            subscription=_plan(plan),
            partial_probability=_within(partials, 1.0, "--partials", "a chance"),
            latency_s=_within(latency, LONGEST_LATENCY_S, "--latency", "seconds"),
        ),
    )


def _time_of_day(text: str) -> time:
    try:
        at = time.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a time of day", "write it as 09:25") from None
    if at.tzinfo is not None:
        raise UsageError(f"{text!r} names a time zone", "write New York time, as 09:25")
    return at


def _cash(text: str) -> Decimal:
    try:
        usd = Decimal(text)
    except InvalidOperation:
        usd = Decimal(0)
    if not (usd.is_finite() and MIN_CASH <= usd <= MAX_CASH and usd == round(usd, 2)):
        raise UsageError(
            f"{text!r} is not an amount of cash", f"write USD, {MIN_CASH} to {MAX_CASH:,}"
        )
    return usd


def _plan(text: str) -> Literal["basic", "plus"]:
    if text not in PLANS:
        raise UsageError(f"{text!r} is no plan", "choose --plan basic (iex) or --plan plus (sip)")
    return PLANS[text]


def _within(value: float, most: float, option: str, what: str) -> float:
    if not 0 <= value <= most:
        raise UsageError(f"{option} {value:g} cannot be", f"it is {what}, 0 to {most:,g}")
    return value


def open_exchange(desk: Desk, screen: Screen, choices: ExchangeChoices) -> int:
    """Serve until SIGINT or SIGTERM; the exit code.

    Raises:
        AvwapError: the tape, the session or the port cannot be had.
    """
    if desk.choices.now is not None:
        raise UsageError(
            "the exchange has a clock of its own, and --now says nothing to it",
            "name its time with --session and --start",
        )
    seed = desk.config.data.synthetic_seed if choices.seed is None else choices.seed
    desk.progress.say("making the tape")
    source = choose(desk, choices.tapes, choices.session, seed)
    if source.left_out:
        screen.warnings([f"rows of {source.what} left out: {counted(source.left_out)}"])
    try:
        exchange = LocalExchange(
            source.tape,
            replace(choices.settings, seed=seed),
            start=datetime.combine(source.session, choices.start, EASTERN),
            faults=choices.faults,
            speed=choices.speed,
        )
    except ValueError as error:
        raise UsageError(str(error), "change --session") from error

    def announce(served: Served) -> None:
        show_opening(screen, _opening(exchange, served, source))

    with desk.log(writes=False, tracebacks=True):
        serve_forever(exchange, choices.port, announce)
    show_summary(screen, _summary(exchange))
    return 0


def _opening(exchange: LocalExchange, served: Served, source: Source) -> Opening:
    plus = exchange.context.settings.subscription == "plus"
    return Opening(
        tape=source.what,
        session=source.session,
        now=exchange.now(),
        speed=exchange.speed,
        url=served.url,
        trade_stream=served.trade_stream_url,
        data_stream=served.data_stream_url("sip" if plus else "iex"),
        key_id=exchange.keys.key_id,
        secret=exchange.keys.secret,
        symbols=busiest(source.tape, source.session),
        names=len(source.tape.symbols),
    )


def _summary(exchange: LocalExchange) -> Summary:
    now = exchange.now()
    with exchange.reading() as books:
        return Summary(
            now=now,
            orders=len(books.orders()),
            fills=len(books.fills),
            positions=len(books.positions()),
            equity=books.balances().equity,
            requests=exchange.requests,
            faults=exchange.context.faults.fired.total(),
        )
