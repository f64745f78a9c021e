"""The wiring of data: where bars, lists of members and report dates come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from avwap_cli.adapters.bar_sources.bar_files import FileBars
    from avwap_cli.adapters.bar_sources.minute_files import MinuteFiles
    from avwap_cli.adapters.bar_store.bar_cache import BarCache
    from avwap_cli.adapters.lists.member_lists import MemberLists
    from avwap_cli.adapters.synthetic import SyntheticMarket
    from avwap_cli.adapters.synthetic.streams import Days
    from avwap_cli.config import Config
    from avwap_cli.home import Home
    from avwap_cli.market.splits import Split
    from avwap_cli.ports import Clock, Earnings, LiquidityMetrics, MarketData
    from avwap_cli.stages.operations.chart_inputs import ChartPorts


class DataDesk:
    """The ports of data, plugged in as the configuration says.

    Args:
        bars, clock, keys: the bar cache, the time, and Alpaca's keys, each made when needed.
    """

    def __init__(
        self,
        config: Config,
        home: Home,
        environment: Mapping[str, str],
        *,
        bars: Callable[[], BarCache],
        clock: Callable[[], Clock],
        keys: Callable[[], tuple[str, str]],
    ) -> None:
        self.config, self.home, self.environment = config, home, environment
        self.bars, self.clock, self.keys = bars, clock, keys

    def market_data(self) -> MarketData:
        """The provider of daily bars that `data.provider` names."""
        data = self.config.data
        if data.provider == "files":
            from avwap_cli.adapters.bar_sources.bar_files import FileBars

            split_list = self._path(data.split_list) if data.split_list else None
            return FileBars([self._path(name) for name in data.files], split_list)
        if data.provider == "yfinance":
            from avwap_cli.adapters.bar_sources.yfinance_bars import YfinanceBars

            return YfinanceBars(data, self.clock())
        if data.provider == "synthetic":
            return self._synthetic()
        from avwap_cli.adapters.bar_sources.alpaca_data import AlpacaBars

        key_id, secret = self.keys()
        return AlpacaBars(data, key_id, secret, self.clock(), self._local_data_url(key_id))

    def chart_ports(self) -> ChartPorts:
        """What daily charts are made from."""
        from avwap_cli.stages.operations.chart_inputs import ChartPorts

        config = self.config
        return ChartPorts(self.bars(), self.earnings, config.rules, config.data.volume_scale)

    def holdings(
        self, iwv_file: Path | None = None, sp500_file: Path | None = None, renew: bool = False
    ) -> MemberLists:
        """The membership lists."""
        from avwap_cli.adapters.lists.member_lists import MemberLists

        return MemberLists(
            cache=self.home.cache,
            home=self.home.root,
            settings=self.config.universe,
            clock=self.clock(),
            iwv_file=iwv_file,
            sp500_file=sp500_file,
            renew=renew,
        )

    def liquidity_metrics(self) -> LiquidityMetrics | None:
        """Where the universe's liquidity columns come from."""
        if self.config.universe.metrics == "none":
            return None
        from avwap_cli.adapters.lists.liquidity_metrics import BarCacheMetrics, YahooMetrics

        sessions = self.config.rules.liquidity.mean_sessions
        if self.config.universe.metrics == "yfinance":
            return YahooMetrics(sessions)
        return BarCacheMetrics(self.bars(), sessions, self.config.data.volume_scale)

    def earnings(self) -> Earnings:
        """Report dates, from the provider that `earnings.provider` names."""
        settings = self.config.earnings
        if settings.provider == "yfinance":
            from avwap_cli.adapters.earnings.yfinance_earnings import YfinanceEarnings

            return YfinanceEarnings(self.home.cache / "earnings", settings)
        from avwap_cli.adapters.earnings.earnings_files import FileEarnings, NoEarnings

        return (
            FileEarnings(self._path(settings.file))
            if settings.provider == "files"
            else NoEarnings()
        )

    def file_bars(self, files: Sequence[Path]) -> FileBars:
        """Users' own files of bars, named on the command line."""
        from avwap_cli.adapters.bar_sources.bar_files import FileBars

        return FileBars(files)

    def minute_bars(self, files: Sequence[Path]) -> MinuteFiles:
        """The minute bars among users' own files, named on the command line."""
        from avwap_cli.adapters.bar_sources.minute_files import minutes_among

        return minutes_among(files)

    def known_splits(self, symbols: Sequence[str]) -> Sequence[Split]:
        """The splits that the provider can list without the network; none where it cannot."""
        if self.config.data.provider not in {"files", "synthetic"}:
            return ()
        return self.market_data().splits(symbols, date.min, date.max)

    def made_up_market(self, seed: int, last: date) -> SyntheticMarket:
        """The market of a seed, up to and including that session."""
        from avwap_cli.adapters.synthetic import SyntheticMarket

        return SyntheticMarket.build(seed, last, _made_up_days(last))

    def prepare_inbox(self, seed: int, last: date) -> None:
        """Put that market's lists where a person puts those that were downloaded by hand.

        Raises:
            AvwapError: they cannot be written.
        """
        from avwap_cli.adapters.synthetic import prepare_home

        prepare_home(self.home.root, seed, last, _made_up_days(last))

    def _local_data_url(self, key_id: str) -> str | None:
        """Where a local exchange has its market data; None for keys of Alpaca's own.

        Raises:
            ConfigError: keys of a local exchange would go to Alpaca, or the other way round.
        """
        from avwap_cli.adapters.broker.doors import LOCAL_KEYS, checked_door

        if self.config.broker.mode != "exchange" and not key_id.startswith(LOCAL_KEYS):
            return None
        return checked_door(self.config.broker, key_id, self.environment).data_url

    def _synthetic(self) -> MarketData:
        """The market of a demonstration home, as of its last completed session."""
        from avwap_cli.adapters.synthetic import SyntheticBars
        from avwap_cli.market import sessions

        last = sessions.last_completed(self.clock().now())
        return SyntheticBars(self.made_up_market(self.config.data.synthetic_seed, last))

    def _path(self, name: str) -> Path:
        """A path of the configuration; relative ones hang off the home."""
        return self.home.root / Path(name).expanduser()


def _made_up_days(last: date) -> Days:
    """The sessions of a made-up market."""
    import numpy as np

    from avwap_cli.adapters.synthetic import ORIGIN
    from avwap_cli.market import sessions

    return np.array(sessions.sessions_between(ORIGIN, last), dtype="datetime64[D]")
