"""The trading day: what its commands ask of the desks, one function per piece of work.

Here a moment becomes a stage's arguments: is it this stage's time, which session is it, which
ports.  A stage that is started outside of its window says so and does nothing; a rehearsed
time, or another session than the real one, only ever meets a local exchange or a dry run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from avwap_cli import playbook
from avwap_cli.errors import UsageError
from avwap_cli.market import sessions
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.use_cases.conduct import conduct, wait_for_artifact
from avwap_cli.wiring.desk import Desk
from avwap_cli.wiring.trading_desk import TradingDesk

GROUPS = tuple(stage.group for stage in playbook.STAGES if stage.group)


@dataclass(frozen=True, slots=True)
class Turn:
    """A stage, the session it would work for, and whether its window is open."""

    stage: playbook.Stage
    session: date
    is_open: bool


def turn(desk: Desk, name: str, asked: str | None, *, dry_run: bool) -> Turn:
    """Whether it is that stage's time, and for which session.

    Args:
        name: of the stage.
        asked: the session that a person names; None = the one whose window it is.

    Raises:
        UsageError: the time or the session is not the real one, and orders could be sent.
    """
    real_only(desk, dry_run=dry_run)
    now = desk.clock.now()
    real = playbook.turn(name, now) or playbook.current_session(now)
    session = real if asked is None else sessions.parse_session(asked)
    if session != real and not _rehearses(desk, dry_run=dry_run):
        raise UsageError(
            f"{session} is not the session of now, which is {real}",
            "leave --session away, or rehearse it with --dry-run",
        )
    return Turn(playbook.stage(name), session, playbook.is_open(name, session, now))


def real_only(desk: Desk, *, dry_run: bool) -> None:
    """Refuse a rehearsed time where orders could be sent.

    Raises:
        UsageError: --now was given for an account that is no local exchange's.
    """
    if desk.choices.now is not None and not _rehearses(desk, dry_run=dry_run):
        raise UsageError(
            "--now is not the real time, and this command acts on what is traded",
            "leave it away, rehearse with --dry-run, or trade on a local exchange",
        )


def _rehearses(desk: Desk, *, dry_run: bool) -> bool:
    return dry_run or desk.config.broker.mode == "exchange"


def not_its_time(found: Turn) -> Outcome:
    """What a stage says outside of its window."""
    opens, closes = playbook.windows(found.stage.name, found.session)
    return Outcome(
        stage=found.stage.name,
        trade_session=found.session,
        state=State.UNCHANGED,
        summary=f"not its time: `avwap {found.stage.command}` is for {opens:%a %H:%M}-"
        f"{closes:%H:%M} ET",
    )


def gapfilter(desk: Desk, asked: str | None, *, dry_run: bool) -> Outcome:
    """The gap filter, in its window."""
    from avwap_cli.stages.day.gapfilter import GapRequest, run_gapfilter
    from avwap_cli.stages.evening.exit_plans import plan_exits

    found = turn(desk, "gapfilter", asked, dry_run=dry_run)
    if not found.is_open:
        return not_its_time(found)

    def work() -> Outcome:
        trading = TradingDesk(desk, dry_run=dry_run)
        return run_gapfilter(
            GapRequest(found.session, desk.config.trading.entry.gap, dry_run),
            store=trading.store,
            quotes=trading.quotes,
            clock=desk.clock,
            plan_exits=lambda: plan_exits(
                found.session,
                desk.ledgers.open_positions(),
                desk.bars,
                desk.config.rules,
                trading.store,
            ),
        )

    return _conducted(desk, found, work, dry_run=dry_run)


def enter(desk: Desk, group: str, asked: str | None, *, dry_run: bool) -> Outcome:
    """The entries of one group, in its window.

    Raises:
        UsageError: there is no such group.
    """
    from avwap_cli.stages.day.enter import run_enter

    if group not in GROUPS:
        wrong = f"there is no group {group!r}" if group else "enter needs a --group"
        raise UsageError(wrong, f"the groups are {', '.join(GROUPS)}")
    found = turn(desk, f"enter-{group}", asked, dry_run=dry_run)
    if not found.is_open:
        return not_its_time(found)

    def work() -> Outcome:
        trading = TradingDesk(desk, dry_run=dry_run)
        ports = trading.ports()
        if not dry_run:
            wait_for_artifact(desk, "gapfilter", found.session)
        asked_for = trading.request(found.session, group=group, once=dry_run)
        return told(run_enter(ports, asked_for), trading)

    return _conducted(desk, found, work, dry_run=dry_run)


def monitor(desk: Desk, asked: str | None, *, once: bool, dry_run: bool) -> Outcome:
    """The watch over what is held, in its window; a dry run makes one pass."""
    from avwap_cli.stages.day.monitor import run_monitor

    found = turn(desk, "monitor", asked, dry_run=dry_run)
    if not found.is_open:
        return not_its_time(found)

    def work() -> Outcome:
        trading = TradingDesk(desk, dry_run=dry_run)
        single = once or dry_run
        feed = None if single else trading.feed()
        try:
            ports = trading.ports(feed=feed)
            return told(run_monitor(ports, trading.request(found.session, once=single)), trading)
        finally:
            if feed is not None:
                feed.close()

    return _conducted(desk, found, work, dry_run=dry_run)


def told(outcome: Outcome, trading: TradingDesk) -> Outcome:
    """The outcome; of a dry run with what would have been sent."""
    if not trading.dry_run:
        return outcome
    would = list(trading.would)
    count = f"{len(would)} order{'' if len(would) == 1 else 's'} would be sent"
    return replace(
        outcome,
        summary=f"{outcome.summary}; dry run, {count}",
        body={**outcome.body, "would": would},
    )


def _conducted(desk: Desk, found: Turn, work: Callable[[], Outcome], *, dry_run: bool) -> Outcome:
    """The work as that stage's run: the groups of `enter` are stages of their own."""
    name = found.stage.name
    return conduct(
        desk, name, found.session, lambda: replace(work(), stage=name), writes=not dry_run
    )
