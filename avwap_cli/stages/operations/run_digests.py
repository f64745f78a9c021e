"""Run digests: one message at the end of a stage's run, with the health of what the day stands on.

The message goes out after the run has let go of its locks and is on record.  A run stopped by a
person, or by another one at work, sends nothing; what it had to tell goes with the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from statistics import median
from typing import Any, Protocol

from avwap_cli.errors import AvwapError, LockBusy
from avwap_cli.market import sessions
from avwap_cli.playbook import CACHE_JSON, ENTRIES_JSON, REPORT_HTML
from avwap_cli.ports import ArtifactStore, Clock
from avwap_cli.review import cache_documents
from avwap_cli.review.digests import Enclosure, Health, Message, Run, of_run
from avwap_cli.review.runs import FAILED, RunRecord, latest_by_stage
from avwap_cli.review.scan_documents import Row, rows_of
from avwap_cli.stages.operations.session_documents import document_of
from avwap_cli.stages.operations.status import RunReader
from avwap_cli.stages.outcomes import Outcome, State
from avwap_cli.trading.facts import Notice

SCAN = "scan"
USUAL_SESSIONS = 20
ENTERS = "enter"
MOST = 1_000_000  # beyond it a count is nonsense, and may be no float at all


class Sender(Protocol):
    """Who brings messages to people."""

    def begins(self, run: Run) -> None:
        """A run begins; what it tells while it is under way is sent."""

    def ends(
        self,
        digest: Callable[[Sequence[Notice]], Message | None],
        draw: Callable[[], Enclosure | None] | None = None,
    ) -> None:
        """It has ended; `digest` makes the last message of what was not sent yet.

        `draw` makes its picture, beside what else is done and only for those who take one.
        """

    def keeps(self) -> None:
        """It was stopped; what was not sent is kept."""


@dataclass(frozen=True, slots=True)
class DigestPorts:
    """What digests are given.

    Attributes:
        account: paper, exchange or live.
        report: the path of that session's page, for people.
        quiet: runs that went well are not told.
        picture: of the candidates of a scan.json for a session; None = none is wanted.
    """

    sender: Sender
    store: ArtifactStore
    runs: RunReader
    clock: Clock
    account: str
    report: Callable[[date], str]
    quiet: bool
    picture: Callable[[Mapping[str, Any], date], Enclosure | None] | None = None


@dataclass(slots=True)
class RunDigest:
    """A `with` block around one run; `ended` says how it ended, where its end is to be told."""

    ports: DigestPorts
    stage: str
    session: date
    _outcome: Outcome | None = field(default=None, init=False)

    def ended(self, outcome: Outcome) -> None:
        """The run's outcome, for the digest."""
        self._outcome = outcome

    def __enter__(self) -> RunDigest:
        self.ports.sender.begins(self._run())
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, KeyboardInterrupt | LockBusy):
            self.ports.sender.keeps()
        else:
            self.ports.sender.ends(lambda notices: self._digest(notices, error), self._picture())

    def _picture(self) -> Callable[[], Enclosure | None] | None:
        """What draws the candidates of a scan that went well."""
        outcome, picture = self._outcome, self.ports.picture
        if picture is None or outcome is None or self.stage != SCAN:
            return None
        if outcome.state is not State.DONE or not rows_of(outcome.body, "candidates"):
            return None
        return partial(picture, outcome.body, self.session)

    def _digest(self, notices: Sequence[Notice], error: BaseException | None) -> Message | None:
        run = self._run() if error is None else self._run(state=FAILED)
        try:
            health = health_of(self.ports, self.session)
        except (AvwapError, OSError):  # a clock that cannot be asked hides no message
            health = Health()
        return of_run(run, notices, health, quiet=self.ports.quiet)

    def _run(self, state: str = "") -> Run:
        outcome = self._outcome
        if outcome is None:
            return Run(self.stage, self.session, self.ports.account, state)
        orders = self.stage.startswith(ENTERS)
        return Run(
            stage=self.stage,
            session=self.session,
            account=self.ports.account,
            state=state or outcome.state.value,
            summary=outcome.summary,
            quality=outcome.quality,
            warnings=outcome.warnings,
            candidates=rows_of(outcome.body, "candidates") if self.stage == SCAN else (),
            orders=rows_of(_read(self.ports, self.session, ENTRIES_JSON), "orders")
            if orders
            else (),
            files=(self.ports.report(self.session),) if REPORT_HTML in outcome.outputs else (),
        )


def health_of(ports: DigestPorts, session: date) -> Health:
    """The age of the session's scan, its candidates against those before it, and the bars."""
    last = _scan(ports, session)
    before = [_scan(ports, day) for day in _sessions_before(session)]
    counts = [min(run.counts.get("candidates", 0), MOST) for run in before if run is not None]
    bars = cache_documents.bars_held(
        _read(ports, session, CACHE_JSON), sessions.previous_session(session)
    )
    names = [str(bars[key]) for key in ("provider", "feed") if bars[key]]
    ended = None if last is None else last.ended or last.started
    return Health(
        scan_age_s=None if ended is None else (ports.clock.now() - ended).total_seconds(),
        candidates=None if last is None else last.counts.get("candidates"),
        median=float(median(counts)) if counts else None,
        scans=len(counts),
        feed=" ".join(dict.fromkeys(names)),
        bars=bars["state"],
    )


def _scan(ports: DigestPorts, session: date) -> RunRecord | None:
    """The session's last scan that went well."""
    records, _ = ports.runs.read(session)
    return latest_by_stage(r for r in records if r.exit_code == 0).get(SCAN)


def _sessions_before(session: date) -> list[date]:
    found = []
    for _ in range(USUAL_SESSIONS):
        session = sessions.previous_session(session)
        found.append(session)
    return found


def _read(ports: DigestPorts, session: date, name: str) -> Row:
    """The document; a digest is no place to find fault with a file, which `status` names."""
    return document_of(ports.store, session, name)[0] or {}
