"""What doctor asks of the evening: artifacts, lists, bars and report dates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Protocol

from avwap_cli import playbook
from avwap_cli.errors import InputError, MissingInput
from avwap_cli.market import sessions
from avwap_cli.ports import ArtifactStore, BarStore, Earnings
from avwap_cli.review.operations import evening_checkups
from avwap_cli.review.operations.checkups import Check
from avwap_cli.stages.evening.universe_files import read_universe

LOOK_BACK = 10  # sessions in which a universe is looked for


class CheckedBars(BarStore, Protocol):
    """A cache that can compare itself with its manifest."""

    def verify(self) -> None: ...


def artifacts(store: ArtifactStore, newest: Sequence[date]) -> Iterator[Check]:
    """Whether every artifact of these sessions can be read by this version."""
    read, broken = 0, []
    for session in newest:
        for stage in playbook.STAGES:
            for written in stage.writes:
                try:
                    read += _read(store, session, written)
                except MissingInput:
                    continue
                except InputError as problem:
                    broken.append(problem)
    yield from evening_checkups.artifacts(read, broken, len(newest))


def _read(store: ArtifactStore, session: date, artifact: playbook.Artifact) -> int:
    ending = artifact.name.rpartition(".")[2]
    if artifact.schema is None:
        return 0
    if ending == "json":
        store.read_json(session, artifact.name)
    elif ending == "csv":
        store.read_csv(session, artifact.name)
    elif ending == "parquet":
        store.read_table(session, artifact.name, ())
    else:
        return 0
    return 1


def universe(store: ArtifactStore, trade_session: date) -> Iterator[Check]:
    """How old the newest universe is."""
    found = newest_lists(store, trade_session)
    yield evening_checkups.universe(found, trade_session, LOOK_BACK)


def newest_lists(store: ArtifactStore, trade_session: date) -> date | None:
    """The newest session that has a universe, as far as is worth looking."""
    session = trade_session
    for _ in range(LOOK_BACK):
        if store.digest(session, playbook.UNIVERSE_CSV) is not None:
            return session
        session = sessions.previous_session(session)
    return None


def bars(
    cache: CheckedBars,
    store: ArtifactStore,
    now: datetime,
    min_frac: float,
    clean_frac: float,
) -> Iterator[Check]:
    """Freshness, coverage and every byte of the bar cache.

    Raises:
        InputError: there is none, or it is damaged.
    """
    info = cache.info()
    trade_session = sessions.trade_session_of(now)
    due = playbook.stage("refresh-cache").expected_by.on(trade_session)
    yield evening_checkups.bars(info.as_of, sessions.previous_session(trade_session), due, now)
    cache.verify()
    yield evening_checkups.whole_cache(info.rows, info.sessions)
    listed_on = newest_lists(store, trade_session)
    if listed_on is not None:
        known = [m.symbol for m in read_universe(store, listed_on).members if m.equity]
        with_bar = sum(info.last_session.get(symbol) == info.as_of for symbol in known)
        yield evening_checkups.coverage(with_bar, len(known), min_frac, clean_frac)


def report_dates(
    earnings: Earnings, provider: str, store: ArtifactStore, now: datetime
) -> Iterator[Check]:
    """How old the report dates are, and for how many members they are known."""
    if provider == "none":
        yield evening_checkups.no_report_dates()
        return
    listed_on = newest_lists(store, sessions.trade_session_of(now))
    if listed_on is None:
        yield evening_checkups.nobody_listed()
        return
    asked = [m.symbol for m in read_universe(store, listed_on).members if m.equity]
    dates = earnings.dates(asked)
    known = {dates.symbols[code] for code in dates.symbol.tolist()}
    without = len(set(asked) - known)
    yield evening_checkups.earnings(dates.known, now.date(), without, len(asked))
