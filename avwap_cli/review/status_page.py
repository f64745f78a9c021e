"""The status page: where the session stands, as one record.

A pure function of the documents that the stages wrote, their run records and the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from avwap_cli.market import sessions
from avwap_cli.review import cache_documents, scan_documents
from avwap_cli.review.attention import attention
from avwap_cli.review.candidate_rows import in_short
from avwap_cli.review.runs import FAILED, RunRecord
from avwap_cli.review.scan_documents import listed, part
from avwap_cli.review.stage_states import UNHEALTHY, StageState, StageTimes, stage_state
from avwap_cli.review.timelines import Timeline, timeline

REFRESH, SCAN = "refresh-cache", "scan"
MADE_BY = {"universe": "universe", "report dates": REFRESH, "scan": SCAN}


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for the session shown.

    Attributes:
        runs: the last run of each stage.
        running: the stages at work now -> since when.
        written: the stages whose artifact is there.
        scan, cache: those documents, None where absent; `cache` may be an earlier session's.
        unreadable: the stages whose artifact is there and damaged -> a sentence.
        latest: the newest session that has artifacts.
        problems: sentences about files that could not be read.
        trades: this home has traded; elsewhere the trading day's stages are no one's duty.
        halted: the level in force and why; None = nothing is forbidden, or nobody knows.
        positions: what the ledger holds, see `held_distances`.
    """

    runs: Mapping[str, RunRecord] = field(default_factory=dict)
    running: Mapping[str, datetime] = field(default_factory=dict)
    written: frozenset[str] = frozenset()
    scan: Mapping[str, Any] | None = None
    cache: Mapping[str, Any] | None = None
    unreadable: Mapping[str, str] = field(default_factory=dict)
    latest: date | None = None
    problems: tuple[str, ...] = ()
    trades: bool = False
    halted: str | None = None
    positions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage on the page; times in ISO form.

    Attributes:
        started: of a stage at work, since when, by the clock of the windows; else when its last
            run began, by the computer's clock, which no rehearsal and no local exchange sets.
        ended: when its last run ended, by the clock of the windows; None = it is at work, or
            its record does not say.
        seconds: how long it is at work, by that clock; else how long its last run took, wall time.
        note: what went wrong.
    """

    stage: str
    state: StageState
    opens: str
    closes: str
    started: str | None
    ended: str | None
    seconds: float | None
    counts: Mapping[str, int]
    note: str


@dataclass(frozen=True, slots=True)
class StatusPage:
    """All of one screen; `body()` is its JSON form.

    Attributes:
        trade_session, as_of, now: the session shown and the time, ISO.
        attention: what somebody should look at first, a sentence each.
        data: the bars (see `cache_documents.bars_held`) and age_s, since their session's close.
        ages: seconds since universe, report dates (asked by `refresh-cache`) and scan were made
            by a run that went well; None = they were not, for this session.
        regime: name and direction, None before the scan.
        quality: state and reasons of the scan, None before it.
        stages: in the order of the day.
        timeline: the day as a picture.
        next_due: stage and time (ISO) of what comes next, and in_s, seconds until then.
        positions: what is held, with the distance to stop and target.
        candidates: rank, symbol, strategy, direction, entry, stop, r1, score.
        notes: why what is empty is empty, in the words of the scan.
        warnings: sentences a person should read.
        halted: the halt level in force and why; None = nothing is forbidden.
        nothing: why there are no candidates; None when there are.
        healthy: no stage is failed, overdue or missing; where nothing was ever traded, the
            evening's alone count, here and for next_due.
    """

    trade_session: str
    as_of: str
    now: str
    attention: tuple[str, ...]
    data: Mapping[str, Any]
    ages: Mapping[str, float | None]
    regime: Mapping[str, Any] | None
    quality: Mapping[str, Any] | None
    stages: tuple[StageLine, ...]
    timeline: Timeline
    next_due: Mapping[str, Any]
    positions: tuple[Mapping[str, Any], ...]
    candidates: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    halted: str | None
    nothing: str | None
    healthy: bool

    def body(self) -> dict[str, Any]:
        """The page as JSON-ready values."""
        return asdict(self)


def status_page(
    trade_session: date,
    now: datetime,
    times: Sequence[StageTimes],
    following: StageTimes,
    found: Found,
) -> StatusPage:
    """Build the page.

    Args:
        trade_session: the session shown.
        now: aware.
        times: the windows of its stages, in the order of the day.
        following: the first stage of the session after it.
        found: what the stages left behind.
    """
    as_of = sessions.previous_session(trade_session)
    unreadable = {**_misshapen(found), **found.unreadable}
    lines = tuple(_stage_line(each, now, found, unreadable.get(each.stage)) for each in times)
    pairs = tuple(zip(lines, times, strict=True))
    mine = [pair for pair in pairs if found.trades or not pair[1].trades]
    scan = found.scan or {}
    candidates, left_out = in_short(scan)
    notes = scan_documents.notes(scan)
    data = cache_documents.bars_held(found.cache, as_of)
    held = data["as_of"]
    age_s = held and _seconds(sessions.closes_at(date.fromisoformat(held)), now)
    next_due = _next_due(mine, following, now)
    states = [(window, line.state) for line, window in pairs]
    return StatusPage(
        trade_session=trade_session.isoformat(),
        as_of=as_of.isoformat(),
        now=now.isoformat(timespec="seconds"),
        attention=attention([(line.stage, line.state) for line, _ in mine], found.positions),
        data={**data, "age_s": age_s},
        ages={name: _age_s(found.runs.get(stage), now) for name, stage in MADE_BY.items()},
        regime=part(scan, "regime", ("name", "direction")),
        quality=part(scan, "quality", ("state", "reasons")),
        stages=lines,
        timeline=timeline(trade_session, as_of, now, states, next_due["stage"]),
        next_due=next_due,
        positions=found.positions,
        candidates=candidates,
        notes=notes,
        warnings=(*found.problems, *left_out, *_warnings(scan, data, found, as_of)),
        halted=found.halted,
        nothing=None
        if candidates
        else unreadable.get(SCAN) or _nothing(trade_session, lines, found, notes),
        healthy=not any(line.state in UNHEALTHY for line, _ in mine),
    )


def _misshapen(found: Found) -> dict[str, str]:
    """The stages whose document is one, but does not say what it is there for."""
    wrong = {}
    if (
        REFRESH in found.written
        and found.cache is not None
        and not cache_documents.is_readable(found.cache)
    ):
        wrong[REFRESH] = "cache.json does not say what the cache holds; run `avwap refresh-cache`"
    if found.scan is not None:
        candidates, left_out = in_short(found.scan)
        if left_out or not (candidates or isinstance(found.scan.get("candidates"), list)):
            wrong[SCAN] = "the candidates in scan.json cannot be read; run `avwap scan` again"
    return wrong


def _stage_line(
    times: StageTimes, now: datetime, found: Found, unreadable: str | None
) -> StageLine:
    run = found.runs.get(times.stage)
    since = found.running.get(times.stage)
    state = stage_state(times, now, run, since is not None, times.stage in found.written)
    note = run.error if run and state is StageState.FAILED else ""
    if unreadable is not None and state is StageState.DONE:
        state, note = StageState.FAILED, unreadable
    started, ended, seconds = (run.started, run.ended, run.seconds) if run else (None, None, None)
    if since is not None:
        started, ended, seconds = since, None, _seconds(since, now)
    return StageLine(
        stage=times.stage,
        state=state,
        opens=times.opens.isoformat(),
        closes=times.closes.isoformat(),
        started=started.isoformat(timespec="seconds") if started else None,
        ended=ended.isoformat(timespec="seconds") if ended else None,
        seconds=seconds,
        counts=dict(run.counts) if run else {},
        note=note,
    )


def _next_due(
    mine: Sequence[tuple[StageLine, StageTimes]],
    following: StageTimes,
    now: datetime,
) -> dict[str, Any]:
    """The first stage that is to be done, at the opening of its window or now."""
    settled = (StageState.DONE, StageState.RUNNING, StageState.MISSING)
    coming = [
        (max(window.opens, now), line.stage)
        for line, window in mine
        if line.state not in settled and now < window.closes
    ]
    if coming:
        at, stage = min(coming, key=lambda each: each[0])
    else:
        at, stage = following.opens, following.stage
    in_s = max(0.0, round(_seconds(now, at), 1))
    return {"stage": stage, "at": at.isoformat(timespec="seconds"), "in_s": in_s}


def _age_s(run: RunRecord | None, now: datetime) -> float | None:
    well = run is not None and run.exit_code == 0 and run.state != FAILED
    return None if run is None or not well else _seconds(run.ended or run.started, now)


def _warnings(
    scan: Mapping[str, Any], data: Mapping[str, Any], found: Found, as_of: date
) -> list[str]:
    old_or_thin = cache_documents.warning(data, as_of)
    warnings = [] if old_or_thin is None else [old_or_thin]
    quality = part(scan, "quality", ("state", "reasons")) or {}
    if quality.get("state") not in (None, "clean"):
        reasons = ", ".join(map(str, listed(quality["reasons"])))
        warnings.append(f"the scan is {quality['state']}: {reasons}")
    if scan.get("hindsight"):
        known = scan["hindsight"]
        named = f" ({', '.join(map(str, known))})" if isinstance(known, list | tuple) else ""
        warnings.append(f"the scan used inputs known only later{named}")
    for stage, run in sorted(found.runs.items()):
        if not (stage == SCAN and scan):  # its document says the same, and shows it above
            warnings += [f"{stage}: {sentence}" for sentence in run.warnings]
    return list(dict.fromkeys(warnings))


def _nothing(
    trade_session: date, lines: Sequence[StageLine], found: Found, notes: Sequence[str]
) -> str:
    """Why there are no candidates, in one sentence."""
    if found.scan is not None:
        return "; ".join(notes) or f"the scan for {trade_session} kept no candidate"
    before = list(lines)[: [line.stage for line in lines].index(SCAN) + 1]
    waiting = next((line for line in before if line.state is not StageState.DONE), None)
    if waiting is None:
        return f"the scan for {trade_session} cannot be read; run `avwap scan` again"
    again = f"run `avwap {waiting.stage} --session {trade_session}`"
    why = {
        StageState.RUNNING: f"{waiting.stage} is running since {waiting.started}",
        StageState.FAILED: f"{waiting.stage} failed: {waiting.note or 'see its run record'}",
        StageState.DUE: f"{waiting.stage} is due; {again}",
        StageState.NOT_YET: f"{waiting.stage} is not due before {_clock(waiting.opens)}",
        StageState.OVERDUE: f"{waiting.stage} is overdue; {again}",
        StageState.MISSING: f"{waiting.stage} was not done; {again}",
    }[waiting.state]
    newest = ""
    if found.latest is not None and found.latest < trade_session:
        newest = f" (the newest session with results is {found.latest})"
    return f"no candidates for {trade_session}: {why}{newest}"


def _clock(iso: str) -> str:
    return f"{datetime.fromisoformat(iso):%a %Y-%m-%d %H:%M} ET"


def _seconds(start: datetime, end: datetime) -> float:
    """Elapsed, also over a change of daylight saving time."""
    return (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds()
