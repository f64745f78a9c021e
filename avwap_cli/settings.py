"""Settings that are not part of the scan's mathematics: data, lists, earnings, logs, broker, alerts.

Frozen records without values; `config` fills them from YAML.  Stages and adapters
get the record they need as an argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from annotated_types import Ge, Gt, Le

Count = Annotated[int, Gt(0)]
Seconds = Annotated[float, Gt(0)]
Fraction = Annotated[float, Ge(0), Le(1)]


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """Waits before each further try, in seconds; their number is the number of retries."""

    page_waits_s: tuple[Seconds, ...]
    refresh_waits_s: tuple[Seconds, ...]
    timeout_s: Seconds


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Where daily bars come from and how the cache keeps them."""

    provider: Literal["alpaca", "yfinance", "files", "synthetic"]
    feed: Literal["sip", "iex"]
    volume_scale: Annotated[float, Gt(0)]
    files: tuple[str, ...]
    backfill_sessions: Count
    refresh_sessions: Annotated[int, Ge(3)]
    compact_sessions: Annotated[int, Gt(0), Le(60)]
    symbols_per_request: Annotated[int, Gt(0), Le(200)]
    requests_per_minute: Count
    benchmarks: tuple[str, ...]
    split_list: str
    synthetic_seed: Annotated[int, Ge(0)]
    retries: RetrySettings


@dataclass(frozen=True, slots=True)
class UniverseSettings:
    """The membership lists."""

    iwv_page_url: str
    iwv_file: str
    sp500_url: str
    sp500_file: str
    max_lost_frac: Fraction
    timeout_s: Seconds
    waits_s: tuple[Seconds, ...]
    metrics: Literal["bars", "yfinance", "none"]
    prefilter: bool


@dataclass(frozen=True, slots=True)
class EarningsSettings:
    """Report dates and how long each is believed."""

    provider: Literal["yfinance", "files", "none"]
    file: str
    ttl_hours: Count
    ttl_near_hours: Count
    near_days: Count
    budget_s: Seconds


@dataclass(frozen=True, slots=True)
class LogSettings:
    """The log under the home."""

    keep_days: Count
    level: Literal["debug", "info", "warning", "error"]


BrokerMode = Literal["paper", "exchange", "live"]
BROKERS: tuple[BrokerMode, ...] = get_args(BrokerMode)


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where orders go and how it is asked.

    Attributes:
        mode: paper, exchange (the local one), or live.
        url: of the local exchange, or Alpaca's live host, which live money must name; empty =
            Alpaca's paper host.
        data_url: of the market data; empty = the local exchange's, or Alpaca's.
        get_waits_s: before each further try of a question.
        quote_waits_s: likewise for prices before the open.
    """

    mode: BrokerMode
    url: str
    data_url: str
    timeout_s: Seconds
    get_waits_s: tuple[Seconds, ...]
    quote_waits_s: tuple[Seconds, ...]
    requests_per_minute: Count

    @property
    def is_nowhere(self) -> bool:
        """Whether a local exchange is meant and none is named: there is nobody to ask."""
        return self.mode == "exchange" and not self.url.strip()


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Who is told of what, and who else hears that a stage ran.

    Attributes:
        channels: names of the variables that hold addresses, each with its floor after a colon.
        on_success: digest = a run that did its work is told; quiet = only what went wrong.
        charts: candidates whose charts go with the scan's digest, as one picture; 0 = none.
        gather_s: for which notices of a run under way are gathered; a page goes at once.
        max_messages: to a channel within window_s; what is more goes with the next one.
        timeout_s: of one attempt.
        deadline_s: of all attempts together.
        heartbeat_url: asked for after each stage that went well.
        pings: stage -> name of the variable that holds the address to ask for after it.
    """

    channels: tuple[str, ...]
    on_success: Literal["digest", "quiet"]
    charts: Annotated[int, Ge(0), Le(12)]
    gather_s: Seconds
    max_messages: Count
    window_s: Seconds
    timeout_s: Seconds
    deadline_s: Seconds
    heartbeat_url: str
    pings: Mapping[str, str]

    @property
    def channel_names(self) -> tuple[str, ...]:
        """The channels without their floors."""
        return tuple(entry.partition(":")[0] for entry in self.channels)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of all variables that hold an address, each once."""
        names = [*self.channel_names, *self.pings.values()]
        return tuple(dict.fromkeys(names))
