"""doctor: everything that a day may fail of, looked at before it does.

Each question is asked even if others fail, but for those that can have no answer then.  Nothing
is changed: no file is mended, no order sent; ledger and broker are compared as `orders` does it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from avwap_cli.errors import UNHEALTHY, AvwapError
from avwap_cli.review.operations.checkups import Check, Health, fail, skipped
from avwap_cli.stages.outcomes import Outcome, State

STAGE = "doctor"
NO_ANSWER = (Health.FAIL, Health.SKIPPED)


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to look at.

    Attributes:
        name: of its checks.
        ask: looks; may raise what `errors` knows, which is a failed check.
        needs: names of questions without whose answer this one has none.
        network: whether it asks anybody outside of this computer.
    """

    name: str
    ask: Callable[[], Iterable[Check]]
    needs: tuple[str, ...] = ()
    network: bool = False


def run_doctor(questions: Sequence[Question], session: date, *, offline: bool = False) -> Outcome:
    """Ask them in order; exit code 9 when a check fails.

    Args:
        session: the trade session of today.
        offline: leave out what needs the network.
    """
    checks: list[Check] = []
    without: set[str] = set()
    for question in questions:
        found = _asked(question, without, offline)
        checks += found
        if any(check.state in NO_ANSWER for check in found):
            without.add(question.name)
    counts = Counter(check.state for check in checks)
    return Outcome(
        stage=STAGE,
        trade_session=session,
        state=State.DONE,
        summary=_sentence(counts),
        counts={str(state): counts[state] for state in Health},
        body={"checks": [asdict(check) for check in checks]},
        exit_code=UNHEALTHY if counts[Health.FAIL] else 0,
    )


def _asked(question: Question, without: set[str], offline: bool) -> list[Check]:
    missing = [name for name in question.needs if name in without]
    if missing:
        return [skipped(question.name, f"not without an answer to {missing[0]}")]
    if offline and question.network:
        return [skipped(question.name, "it needs the network (--offline)")]
    try:
        return list(question.ask())
    except AvwapError as problem:
        return [fail(question.name, problem.message, problem.hint or "see docs/faults.md")]
    except OSError as problem:
        said = f"{problem.filename or 'the system'}: {problem.strerror or problem}"
        return [fail(question.name, said, "mend the rights or the disk")]
    except ValueError as problem:  # its words may quote a secret
        said = f"what is there is not of its form ({type(problem).__name__})"
        return [fail(question.name, said, "see docs/faults.md for what is looked at")]


def _sentence(counts: Counter[Health]) -> str:
    failed, warned = counts[Health.FAIL], counts[Health.WARN]
    if not failed and not warned:
        return "all is well"
    parts = [
        f"{failed} {'check' if failed == 1 else 'checks'} failed" if failed else "",
        f"{warned} {'warning' if warned == 1 else 'warnings'}" if warned else "",
    ]
    return ", ".join(part for part in parts if part)
