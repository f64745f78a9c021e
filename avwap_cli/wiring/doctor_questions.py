"""The wiring of doctor: every question, with what it is asked of plugged in.

A port is made when its question is asked, so that what is broken breaks its own question only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from avwap_cli.adapters.broker.doors import Door, checked_door
from avwap_cli.adapters.clocks import SystemClock
from avwap_cli.adapters.host_checks.account_pages import account_page
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.adapters.ledgers_at_hand import BROKERS
from avwap_cli.adapters.session_archives import SessionArchives
from avwap_cli.errors import AvwapError
from avwap_cli.home import is_home
from avwap_cli.market import sessions
from avwap_cli.playbook import current_session
from avwap_cli.review import checkups
from avwap_cli.review.checkups import Check, fail, ok, skipped
from avwap_cli.stages import doctor_data, doctor_trading
from avwap_cli.stages.doctor import Question
from avwap_cli.trading.facts import HaltLevel
from avwap_cli.wiring import host_questions
from avwap_cli.wiring.desk import Desk
from avwap_cli.wiring.home_care import every_book
from avwap_cli.wiring.trading_desk import TradingDesk, shelves

NEWEST_SESSIONS = 2
TIMEOUT_S = 5.0
NETWORK = frozenset({"account", "date", "clock", "calendar", "feed", "both sides"})


def questions(desk: Desk, program: Path, now: datetime) -> list[Question]:
    """Everything doctor asks, in order.

    Args:
        program: absolute path of the `avwap` command, which crontab lines must name.
        now: aware; see `moment`.
    """
    data, keys, broker = ("home", "config"), ("config", "secrets", "keys"), ("account",)

    def made(name: str, ask: Callable[[], Iterable[Check]], *needs: str) -> Question:
        return Question(name, ask, needs, network=name in NETWORK)

    return [
        made("home", partial(_home, desk)),
        made("config", partial(_config, desk)),
        made("python", host_questions.python),
        made("disk", partial(host_questions.disk, desk)),
        made("folders", partial(host_questions.folders, desk)),
        made("permissions", partial(host_questions.permissions, desk)),
        made("secrets", partial(_secrets, desk), "config"),
        made("time zone", partial(host_questions.time_zone, desk)),
        made("locks", partial(host_questions.locks, desk)),
        made("latest", partial(_latest, desk, now), "home"),
        made("artifacts", partial(_artifacts, desk), "home"),
        made("universe", partial(_universe, desk, now), *data),
        made("bars", partial(_bars, desk, now), *data),
        made("earnings", partial(_earnings, desk, now), *data),
        made("crontab", partial(host_questions.crontab, desk, program, now), *data),
        made("alerts", partial(host_questions.alerts, desk), "config", "secrets"),
        made("ledger", partial(_ledger, desk), *data),
        made("backup", partial(_backup, desk, now), *data),
        made("halt", partial(_halt, desk, now), *data),
        made("keys", partial(_keys, desk), "config", "secrets"),
        made("account", partial(_account, desk), *keys),
        made("date", partial(_date, desk), *keys, *broker),
        made("clock", partial(_clock, desk), *keys, *broker),
        made("calendar", partial(_calendar, desk, now), *keys, *broker),
        made("feed", partial(_feed, desk), *keys, *broker),
        made("both sides", partial(_both_sides, desk), *keys, *broker, "ledger"),
    ]


def moment(desk: Desk, *, offline: bool) -> datetime:
    """The time that the home's affairs are judged at; the computer's where no other is told."""
    try:
        if offline and desk.choices.now is None and desk.config.broker.mode == "exchange":
            return SystemClock().now()
        return desk.clock.now()
    except AvwapError:
        return SystemClock().now()


def _home(desk: Desk) -> Iterator[Check]:
    root = desk.home.root
    if is_home(root):
        yield ok("home", str(root))
    else:
        yield fail("home", f"{root} is not a home of avwap", "make one with `avwap init`")


def _config(desk: Desk) -> Iterator[Check]:
    from avwap_cli.config import check

    problems = check(desk.sources)
    for problem in problems:
        yield fail("config", problem, "mend it; `avwap config check` lists the same")
    if not problems:
        well = f"valid, {len(desk.config.settings)} values"
        yield from doctor_data.sentences("config", desk.config.warnings, "mend it", well)


def _secrets(desk: Desk) -> Iterator[Check]:
    said, fix = desk.secrets.warnings, f"`chmod 600 {desk.home.env_file}`, and see the sentence"
    yield from doctor_data.sentences("secrets", said, fix, f"{len(desk.secrets.values)} are set")


def _latest(desk: Desk, now: datetime) -> Iterator[Check]:
    path = desk.home.outputs / "latest"
    named = path.read_text("utf-8", "replace")[:80] if path.is_file() else None
    due = sessions.trade_session_of(max(now, desk.known_at()))
    yield checkups.latest(named, SessionArchives(desk.home.outputs).folders(), due)


def _artifacts(desk: Desk) -> Iterator[Check]:
    newest = SessionArchives(desk.home.outputs).folders()[-NEWEST_SESSIONS:]
    yield from doctor_data.artifacts(desk.store, newest)


def _universe(desk: Desk, now: datetime) -> Iterator[Check]:
    yield from doctor_data.universe(desk.store, sessions.trade_session_of(now))


def _bars(desk: Desk, now: datetime) -> Iterator[Check]:
    run = desk.config.rules.run
    limits = (run.min_coverage_frac, run.clean_coverage_frac)
    yield from doctor_data.bars(desk.bars, desk.store, now, *limits)


def _earnings(desk: Desk, now: datetime) -> Iterator[Check]:
    provider = desk.config.earnings.provider
    yield from doctor_data.report_dates(desk.data.earnings(), provider, desk.store, now)


def _ledger(desk: Desk) -> Iterator[Check]:
    yield from doctor_trading.ledgers(
        [
            partial(SqliteLedger.open, shelf.path, shelf.account, read_only=True)
            for shelf in shelves(desk, BROKERS)
        ]
    )


def _backup(desk: Desk, now: datetime) -> Iterator[Check]:
    yield from doctor_trading.backups(shelves(desk, BROKERS), now)


def _halt(desk: Desk, now: datetime) -> Iterator[Check]:
    try:
        books = every_book(desk)
    except AvwapError:
        if desk.halt_file() is HaltLevel.NONE:
            raise
        books = ()  # the file is in force whatever the ledgers say
    yield doctor_trading.halts(books, desk.halt_file(), current_session(now))


def _keys(desk: Desk) -> Iterator[Check]:
    mode = desk.config.broker.mode
    key_id, secret = desk.alpaca_keys()
    asks = desk.home.ledgers.is_dir() and not desk.config.broker.is_nowhere
    if not key_id and not secret and not asks:
        yield skipped("keys", "none are set: this home only looks at candidates")
        return
    found = checkups.keys(key_id, secret, mode)
    if not any(check.fix for check in found):
        _door(desk)
    yield from found


def _door(desk: Desk) -> Door:
    """Raises ConfigError, which names what is missing of the three that live money needs."""
    return checked_door(desk.config.broker, desk.alpaca_keys()[0], desk.environment)


def _account(desk: Desk) -> Iterator[Check]:
    door, trading = _door(desk), _asking(desk)
    page = account_page(door, *desk.alpaca_keys(), TIMEOUT_S)
    told = trading.broker.account()
    shorts = any(rules.shorts for rules in desk.config.rules.strategies.values() if rules.enabled)
    yield from checkups.account(page.flags, told.equity, told.multiplier, shorts)
    if door.live_account is not None:
        yield ok("account", f"live money: {door.live_account} answers, as the environment says")


def _date(desk: Desk) -> Iterator[Check]:
    page = account_page(_door(desk), *desk.alpaca_keys(), TIMEOUT_S)
    if page.date is None:
        yield skipped("date", "the broker's answer has no time")
        return
    ahead_s = (SystemClock().now() - page.date).total_seconds()
    limit_s = desk.config.trading.risk.max_clock_skew_s + 1  # its second may be almost over
    yield checkups.clock("date", ahead_s, limit_s, "the time of the broker's answers")


def _clock(desk: Desk) -> Iterator[Check]:
    limit_s = desk.config.trading.risk.max_clock_skew_s
    yield doctor_trading.broker_clock(_asking(desk).broker, desk.clock.now, limit_s)


def _calendar(desk: Desk, now: datetime) -> Iterator[Check]:
    yield doctor_trading.calendar(_asking(desk).broker, now.date())


def _feed(desk: Desk) -> Iterator[Check]:
    yield doctor_trading.feed(_asking(desk).quotes, desk.config.rules.regime.symbol)


def _both_sides(desk: Desk) -> Iterator[Check]:
    yield from doctor_trading.both_sides(_asking(desk).book_ports())


def _asking(desk: Desk) -> TradingDesk:
    """The account's ports, to look only; where there is no ledger it is an empty one."""
    return TradingDesk(desk, looks=True)
