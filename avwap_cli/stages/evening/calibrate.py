"""The calibrate stage: reference deciles of every strategy, from the bar cache.

Writes a YAML overlay, to be looked at and then used with `--config` or copied into
`config/strategy_params.yaml`; it never changes the configuration itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from avwap_cli.errors import CoverageError
from avwap_cli.market import sessions
from avwap_cli.market.earnings import EarningsDates
from avwap_cli.market.panel import build_panel
from avwap_cli.market.universe import UNKNOWN_SECTOR, Member, Universe
from avwap_cli.playbook import UNIVERSE_CSV
from avwap_cli.ports import ArtifactStore, BarStore, CacheInfo, Earnings, Progress
from avwap_cli.signals.finds import AVWAP
from avwap_cli.signals.references import Sample, batch_samples, setup_sample
from avwap_cli.signals.scans import Scan, scan
from avwap_cli.stages.evening.explain import universe_session
from avwap_cli.stages.evening.scan_inputs import ScanRequest, as_days, gather, read_earnings
from avwap_cli.stages.evening.universe_files import read_universe
from avwap_cli.stages.outcomes import Outcome, State

STAGE = "calibrate"
MIN_SIGNALS = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """Which sessions the setups are sampled at.

    Attributes:
        first: the earliest session sampled.
        every: sessions from one sample to the next.
    """

    first: date
    every: int


def run_calibrate(
    request: ScanRequest,
    plan: Plan,
    *,
    funds: Collection[str],
    store: ArtifactStore,
    bars: BarStore,
    earnings: Earnings,
    progress: Progress,
) -> Outcome:
    """Measure the references as of one session; the overlay is in `body["yaml"]`.

    Setups are sampled among all names in the cache, also those that left the lists; the
    batch strategies among the names that they scan.

    Args:
        request: the rules, and the session up to which bars are used.
        plan: where the setups are sampled.
        funds: symbols in the cache that are no companies.
        store, bars, earnings, progress: ports.

    Raises:
        MissingInput, StaleInput: lists or bars are absent.
        CoverageError: a strategy fired too rarely to be measured.
    """
    home_of_lists = universe_session(store, request.trade_session)
    info = bars.info()
    universe = _everyone(read_universe(store, home_of_lists), info, funds)
    dates = read_earnings(earnings, universe)
    samples = _batch(request, universe, bars, info)
    days = sessions.sessions_between(plan.first, request.as_of)[:: plan.every]
    progress.begin("setups", len(days))
    scans = _scans(request, universe, dates, bars, days, progress)
    samples[AVWAP] = setup_sample(scans)
    progress.end()
    _must_suffice(samples)
    digest = store.digest(home_of_lists, UNIVERSE_CSV) or ""
    return Outcome(
        stage=STAGE,
        trade_session=request.trade_session,
        state=State.DONE,
        summary=f"references of {len(samples)} strategies, setups of {len(days)} sessions",
        counts={name: _size(sample) for name, sample in sorted(samples.items())},
        inputs={"bars": info.content_hash, "universe": digest},
        body={
            "yaml": overlay(samples, request.as_of),
            "signals_per_session_of_500": _rates(samples),
        },
    )


def _rates(samples: Mapping[str, Sample]) -> dict[str, float]:
    """How often each strategy fires in a session of 500 names, by its side."""
    return {
        f"{name} {'long' if d > 0 else 'short'}": round(rate, 2)
        for name, sample in samples.items()
        if sample.bars
        for d, rate in sample.per_session(500).items()
    }


def _everyone(universe: Universe, info: CacheInfo, funds: Collection[str]) -> Universe:
    """The universe and every other company in the cache."""
    listed = {member.symbol for member in universe.members}
    others = sorted(set(info.last_session) - listed - set(funds))
    more = [Member(symbol, "", UNKNOWN_SECTOR, (), equity=True) for symbol in others]
    members = sorted((*universe.members, *more), key=lambda member: member.symbol)
    return replace(universe, members=tuple(members))


def overlay(samples: Mapping[str, Sample], as_of: date) -> str:
    """The YAML text, with what it was made from in a comment."""
    lines = [f"# Reference deciles as of {as_of}, made by `avwap calibrate`.", "strategies:"]
    for name in sorted(samples):
        lines += [f"  {name}:", f"    reference:  # {_size(samples[name])} signals"]
        lines += [f"      - {value!r}" for value in samples[name].deciles()]
    return "\n".join(lines) + "\n"


def _batch(
    request: ScanRequest, universe: Universe, bars: BarStore, info: CacheInfo
) -> dict[str, Sample]:
    """All bars in the cache of the names that the batch strategies scan."""
    table = bars.read(request.as_of, info.sessions)
    everyone = request.rules.batch_universe == "all"
    names = [m.symbol for m in universe.members if m.equity and (everyone or m.in_sp500)]
    table = table.only(names)
    first = table.session[0].item() if len(table) else request.as_of
    window = as_days(sessions.sessions_between(first, request.as_of))
    return batch_samples(build_panel(table, window, request.volume_scale), request.rules)


def _scans(
    request: ScanRequest,
    universe: Universe,
    dates: EarningsDates,
    bars: BarStore,
    days: list[date],
    progress: Progress,
) -> Iterator[Scan]:
    for done, day in enumerate(days, start=1):
        gathered = gather(replace(request, as_of=day), universe, dates, bars)
        yield scan(gathered.inputs, request.rules)
        progress.advance(done, day.isoformat())


def _size(sample: Sample) -> int:
    return sum(len(values) for values in sample.raw.values())


def _must_suffice(samples: Mapping[str, Sample]) -> None:
    for name, sample in sorted(samples.items()):
        if _size(sample) < MIN_SIGNALS:
            raise CoverageError(
                f"{name} fired {_size(sample)} times in the cache, a reference needs {MIN_SIGNALS}",
                "backfill more sessions or a larger universe",
            )
