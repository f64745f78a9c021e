"""A round: every brake of the list is pulled once, each in a folder of its own.

Nothing is left behind: the folders are temporary, and neither a home, keys nor the network
are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from avwap_cli.config.layers import did_you_mean
from avwap_cli.errors import UNHEALTHY, AvwapError, UsageError
from avwap_cli.ports import Progress
from avwap_cli.rehearsal.drill.brakes import Brake, Finding, Kind
from avwap_cli.rehearsal.drill.gate_situations import gates
from avwap_cli.rehearsal.drill.halt_days import halts
from avwap_cli.rehearsal.drill.key_checks import key_checks
from avwap_cli.rehearsal.drill.mishap_days import mishaps
from avwap_cli.rehearsal.drill.prices import DAY
from avwap_cli.rehearsal.drill.protection_days import protections
from avwap_cli.rehearsal.drill.yards import Yard, opened_yard
from avwap_cli.stages.outcomes import Outcome, State

STAGE = "drill"
UNEXPECTED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NameError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)  # what a fault of the program, or of a brake, may end with: that brake failed, no other


def brakes() -> list[Brake]:
    """Every brake, in the order pulled."""
    return [*gates(), *protections(), *halts(), *key_checks(), *mishaps()]


def chosen(only: Sequence[str]) -> list[Brake]:
    """The brakes of these names; all of them if none is named.

    Raises:
        UsageError: there is no brake of such a name.
    """
    every = brakes()
    known = [brake.name for brake in every]
    for name in only:
        if name not in known:
            hint = did_you_mean(name, known) or "`avwap drill` names them all"
            raise UsageError(f"there is no brake {name!r}", hint)
    return [brake for brake in every if not only or brake.name in only]


def run_drill(only: Sequence[str], progress: Progress) -> Outcome:
    """Pull the brakes of these names (none = all) and say which hold.

    Raises:
        UsageError: there is no brake of such a name.
        AvwapError: no temporary folder can be made.
    """
    wanted = chosen(only)
    progress.begin("drill", len(wanted))
    rows = []
    for done, brake in enumerate(wanted, 1):
        found = _pulled(brake)
        rows.append(_row(brake, found))
        progress.advance(done, brake.name)
    progress.end()
    failed = [str(row["name"]) for row in rows if not row["held"]]
    return Outcome(
        stage=STAGE,
        trade_session=DAY,
        state=State.DONE,
        summary=_summary(len(rows), failed),
        counts={"brakes": len(rows), "failed": len(failed), **_counted(wanted)},
        body={"brakes": rows, "failed": failed},
        exit_code=UNHEALTHY if failed else 0,
    )


def _pulled(brake: Brake) -> Finding:
    try:
        with opened_yard() as yard:
            return _found(brake, yard)
    except OSError as problem:
        raise AvwapError(
            f"the drill cannot work in a temporary folder: {problem}",
            "free some space, or set TMPDIR to a folder that can be written",
        ) from problem


def _found(brake: Brake, yard: Yard) -> Finding:
    """What came of it; the yard is closed within, for that may fail as well."""
    try:
        with yard.held:
            return brake.pull(yard)
    except AvwapError as problem:
        return Finding(False, f"the drill could not go on: {problem}")
    except UNEXPECTED as problem:
        return Finding(False, f"the drill broke off: {type(problem).__name__}: {problem}")


def _row(brake: Brake, found: Finding) -> dict[str, str | bool]:
    return {
        "kind": str(brake.kind),
        "name": brake.name,
        "did": brake.did,
        "happened": found.happened,
        "held": found.held,
    }


def _summary(count: int, failed: Sequence[str]) -> str:
    if not failed:
        return f"all {count} brakes hold" if count > 1 else "the brake holds"
    return f"{len(failed)} of {count} brakes do not hold: {', '.join(failed)}"


def _counted(wanted: Sequence[Brake]) -> dict[str, int]:
    of = {kind: sum(brake.kind is kind for brake in wanted) for kind in Kind}
    return {f"of_{kind.replace(' ', '_')}": count for kind, count in of.items() if count}
