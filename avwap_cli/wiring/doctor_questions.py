"""The wiring of doctor: every question, with what it is asked of plugged in.

A port is made when its question is asked, so that what is broken breaks its own question only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

from avwap_cli.adapters.broker.account_pages import account_page
from avwap_cli.adapters.broker.doors import Door, checked_door
from avwap_cli.adapters.clocks import SystemClock
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.adapters.session_folders import sessions_with_folder
from avwap_cli.errors import AvwapError
from avwap_cli.home import is_home
from avwap_cli.market import sessions
from avwap_cli.playbook import current_session
from avwap_cli.review.operations import account_checkups, evening_checkups, host_checkups
from avwap_cli.review.operations.checkups import Check, Health
from avwap_cli.settings import BROKERS
from avwap_cli.stages.operations import doctor_data, doctor_trading
from avwap_cli.stages.operations.doctor import Question
from avwap_cli.trading.facts import HaltLevel
from avwap_cli.wiring import host_questions
from avwap_cli.wiring.desk import ALPACA_KEYS, Desk
from avwap_cli.wiring.trading_desk import TradingDesk

NEWEST_SESSIONS = 2
TIMEOUT_S = 5.0


def questions(desk: Desk, program: Path, now: datetime) -> list[Question]:
    """Everything doctor asks, in order.

    Args:
        program: absolute path of the `avwap` command, which crontab lines must name.
        now: aware; see `moment`.
    """
    data, keys = ("home", "config"), ("config", "secrets", "keys")
    broker = (*keys, "account")

    def made(
        name: str, ask: Callable[[], Iterable[Check]], *needs: str, network: bool = False
    ) -> Question:
        return Question(name, ask, needs, network)

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
        made("account", partial(_account, desk), *keys, network=True),
        made("date", partial(_date, desk), *broker, network=True),
        made("clock", partial(_clock, desk), *broker, network=True),
        made("calendar", partial(_calendar, desk, now), *broker, network=True),
        made("feed", partial(_feed, desk), *broker, network=True),
        made("both sides", partial(_both_sides, desk), *broker, "ledger", network=True),
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
    yield host_checkups.home(str(root), there=is_home(root))


def _config(desk: Desk) -> Iterator[Check]:
    from avwap_cli.config import check

    problems = check(desk.sources)
    if problems:
        yield from host_checkups.wrong_config(problems)
    else:
        yield from host_checkups.config(desk.config.warnings, len(desk.config.settings))


def _secrets(desk: Desk) -> Iterator[Check]:
    found, file = desk.secrets, str(desk.home.env_file)
    yield from host_checkups.secrets(found.warnings, file, len(found.values))


def _latest(desk: Desk, now: datetime) -> Iterator[Check]:
    due = sessions.trade_session_of(max(now, desk.known_at()))
    folders = sessions_with_folder(desk.home.outputs)
    yield evening_checkups.latest(desk.store.named_latest(), folders, due)


def _artifacts(desk: Desk) -> Iterator[Check]:
    newest = sessions_with_folder(desk.home.outputs)[-NEWEST_SESSIONS:]
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
            for shelf in desk.ledgers.shelves(BROKERS)
        ]
    )


def _backup(desk: Desk, now: datetime) -> Iterator[Check]:
    yield from doctor_trading.backups(desk.ledgers.shelves(BROKERS), now)


def _halt(desk: Desk, now: datetime) -> Iterator[Check]:
    try:
        books = desk.ledgers.every_book()
    except AvwapError:
        if desk.halt_file() is HaltLevel.NONE:
            raise
        books = ()  # the file is in force whatever the ledgers say
    yield doctor_trading.halts(books, desk.halt_file(), current_session(now))


def _keys(desk: Desk) -> Iterator[Check]:
    mode = desk.config.broker.mode
    key_id, secret = (desk.secrets.values.get(name, "") for name in ALPACA_KEYS)
    asks = desk.home.ledgers.is_dir() and not desk.config.broker.is_nowhere
    found = account_checkups.keys(key_id, secret, mode, needed=asks)
    if all(check.state is Health.OK for check in found):
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
    figures = (told.equity, told.multiplier, shorts)
    yield from account_checkups.account(page.flags, *figures, door.live_account)


def _date(desk: Desk) -> Iterator[Check]:
    page = account_page(_door(desk), *desk.alpaca_keys(), TIMEOUT_S)
    now = SystemClock().now()
    ahead_s = None if page.date is None else (now - page.date).total_seconds()
    limit_s = desk.config.trading.risk.max_clock_skew_s + 1  # its second may be almost over
    yield account_checkups.answer_date(ahead_s, limit_s)


def _clock(desk: Desk) -> Iterator[Check]:
    limit_s = desk.config.trading.risk.max_clock_skew_s
    yield doctor_trading.broker_clock(_asking(desk).broker, desk.clock.now, limit_s)


def _calendar(desk: Desk, now: datetime) -> Iterator[Check]:
    yield doctor_trading.calendar(_asking(desk).broker, now.date())


def _feed(desk: Desk) -> Iterator[Check]:
    yield doctor_trading.feed(_asking(desk).quotes, desk.config.rules.regime.symbol)


def _both_sides(desk: Desk) -> Iterator[Check]:
    yield doctor_trading.both_sides(_asking(desk).book_ports())


def _asking(desk: Desk) -> TradingDesk:
    """The account's ports, to look only; where there is no ledger it is an empty one."""
    return TradingDesk(desk, looks=True)
