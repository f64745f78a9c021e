"""The records a configuration becomes: `Document` mirrors the YAML, `Config` is what stages get."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Gt
from pydantic import ConfigDict

from avwap_cli.review.operations.retentions import Retention
from avwap_cli.settings import (
    AlertSettings,
    BrokerSettings,
    DataSettings,
    EarningsSettings,
    LogSettings,
    UniverseSettings,
)
from avwap_cli.signals import rules
from avwap_cli.trading.policies import (
    EntryPolicy,
    ExitPolicy,
    MonitorPolicy,
    RiskPolicy,
    TradingRules,
)

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

BatchUniverse = Literal["SP500", "all"]
UserAnchors = Mapping[str, Mapping[str, tuple[date, Annotated[int, Gt(0)]]]]


@dataclass(frozen=True, slots=True)
class BatchSection:
    """Which members the batch strategies scan."""

    universe: BatchUniverse


@dataclass(frozen=True, slots=True)
class ScanSection:
    """`scan` of default.yaml."""

    avwap_price: Literal["auto", "vwap", "typical"]
    atr_sma_sessions: rules.Sessions
    history: rules.HistoryRules
    sanity: rules.SanityRules
    liquidity: rules.LiquidityRules
    sector: rules.SectorRules
    market_side: rules.MarketSideRules
    earnings: rules.EarningsRules
    weekly: rules.WeeklyRules
    trend: rules.TrendRules
    quality: Mapping[str, rules.QualityRules]
    levels: rules.LevelRules
    run: rules.QualityOfRun


@dataclass(frozen=True, slots=True)
class Document:
    """All files together, section by section; what pydantic validates."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    data: DataSettings
    earnings: EarningsSettings
    universe: UniverseSettings
    logs: LogSettings
    retention: Retention
    broker: BrokerSettings
    alerts: AlertSettings
    entry: EntryPolicy
    risk: RiskPolicy
    exit: ExitPolicy
    monitor: MonitorPolicy
    scan: ScanSection
    regime: rules.RegimeRules
    ranking: rules.RankingRules
    setup: rules.SetupRules
    anchors: rules.AnchorRules
    user_anchors: UserAnchors
    batch: BatchSection
    strategies: Mapping[str, rules.StrategyRules]


@dataclass(frozen=True, slots=True)
class Setting:
    """One resolved value.

    Attributes:
        key: dotted path, e.g. "scan.liquidity.min_close_usd".
        value: as written, without secrets.
        origin: e.g. "config/default.yaml:41", "environment AVWAP_DATA__PROVIDER".
    """

    key: str
    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Config:
    """One run's configuration, resolved and checked.

    Attributes:
        rules: what a scan is a function of, besides its data.
        trading: what the trading day goes by.
        settings: every value with its origin, in the order of the files.
        hash: sha-256 over all values; the same for equal values, wherever they come from.
        warnings: sentences a person should read.
    """

    data: DataSettings
    earnings: EarningsSettings
    universe: UniverseSettings
    logs: LogSettings
    retention: Retention
    broker: BrokerSettings
    alerts: AlertSettings
    rules: rules.ScanRules
    trading: TradingRules
    settings: tuple[Setting, ...]
    hash: str
    warnings: tuple[str, ...]


def assemble(
    document: Document,
    params: Mapping[str, Any],
    settings: tuple[Setting, ...],
    warnings: tuple[str, ...],
) -> Config:
    """The Config of a valid document; `params` holds each strategy's own record by name."""
    scan = {f.name: getattr(document.scan, f.name) for f in dataclasses.fields(document.scan)}
    scan_rules = rules.ScanRules(
        **scan,
        anchors=document.anchors,
        setup=document.setup,
        regime=document.regime,
        ranking=document.ranking,
        strategies={
            name: dataclasses.replace(strategy, params=params[name])
            for name, strategy in document.strategies.items()
        },
        user_anchors=document.user_anchors,
        batch_universe=document.batch.universe,
    )
    parts = (
        document.data,
        document.earnings,
        document.universe,
        document.logs,
        document.retention,
        document.broker,
        document.alerts,
    )
    trading = TradingRules(document.entry, document.risk, document.exit, document.monitor)
    return Config(
        *parts,
        rules=scan_rules,
        trading=trading,
        settings=settings,
        hash=digest([*parts, scan_rules, trading]),
        warnings=warnings,
    )


def digest(record: Any) -> str:
    """sha-256 of a record's values as canonical JSON, e.g. of `config.rules` alone."""
    text = json.dumps(_jsonable(record), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _jsonable(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {f.name: _jsonable(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: _jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
