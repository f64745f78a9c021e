"""Yahoo bars, with a download that is played: the frames are shaped as yfinance makes them."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from yfinance.exceptions import YFRateLimitError

from avwap_cli.adapters.bar_sources.yfinance_bars import YfinanceBars
from avwap_cli.errors import SourceError
from avwap_cli.market.bars import concat
from avwap_cli.market.splits import Split
from avwap_cli.settings import DataSettings, RetrySettings

SETTINGS = DataSettings(
    "yfinance", "sip", 1.0, (), 504, 15, 20, 2, 200, (), "", 1, RetrySettings((5, 15), (60,), 20)
)
FIRST, LAST = date(2024, 3, 6), date(2024, 3, 7)


class Clock:
    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> Any:
        raise AssertionError("no time is needed")

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class Notes:
    def __init__(self) -> None:
        self.said: list[str] = []

    def begin(self, label: str, total: int | None) -> None: ...

    def advance(self, done: int, note: str = "") -> None: ...

    def end(self, note: str = "") -> None: ...

    def say(self, text: str) -> None:
        self.said.append(text)


def frame(**closes: list[float]) -> pd.DataFrame:
    """A frame with the columns (ticker, field) for 2024-03-05.. ; NaN = no bar that day."""
    days = pd.date_range("2024-03-05", periods=len(next(iter(closes.values()))))
    columns: dict[tuple[str, str], Any] = {}
    for name, values in closes.items():
        ticker = name.replace("_", "-")
        for field in ("Open", "High", "Low", "Close", "Adj Close"):
            scale = 0.5 if field == "Adj Close" else 1.0
            columns[ticker, field] = np.array(values) * scale
        columns[ticker, "Volume"] = np.where(np.isnan(values), np.nan, 1000)
        columns[ticker, "Stock Splits"] = 0.0
    return pd.DataFrame(columns, index=days)


class Yahoo:
    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[list[str], dict[str, Any]]] = []

    def __call__(self, tickers: list[str], **options: Any) -> Any:
        self.asked.append((tickers, options))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_rows_come_in_the_inside_form_with_unadjusted_closes() -> None:
    yahoo = Yahoo(frame(A=[1.0, 2.0, 3.0, 4.0], BRK_B=[9.0, np.nan, 8.0, 7.0]))
    notes = Notes()
    (table,) = YfinanceBars(SETTINGS, Clock(), yahoo).daily_bars(["BRK.B", "A"], FIRST, LAST, notes)
    rows = list(zip(table.names(), table.session.tolist(), table.close, strict=True))
    assert rows == [("A", FIRST, 2.0), ("A", LAST, 3.0), ("BRK.B", LAST, 8.0)]
    assert np.isnan(table.vwap).all()
    tickers, options = yahoo.asked[0]
    assert tickers == ["A", "BRK-B"]
    assert (options["start"], options["end"]) == ("2024-03-06", "2024-03-08")
    assert options["auto_adjust"] is False
    assert options["threads"] <= 8
    assert options["timeout"] == 20


def test_symbols_go_in_chunks_and_unknown_ones_are_told() -> None:
    yahoo = Yahoo(frame(A=[1.0, 2.0, 3.0]), pd.DataFrame())
    notes = Notes()
    batches = list(
        YfinanceBars(SETTINGS, Clock(), yahoo).daily_bars(["A", "B", "C"], FIRST, LAST, notes)
    )
    assert [t for t, _ in yahoo.asked] == [["A", "B"], ["C"]]
    assert concat(batches).symbols == ("A",)
    assert notes.said == ["Yahoo has no rows for 1: B", "Yahoo has no rows for 1: C"]


def test_aware_stamps_are_told_in_new_york() -> None:
    answer = frame(A=[1.0, 2.0, 3.0])
    answer.index = answer.index.tz_localize("America/New_York").tz_convert("UTC")
    (table,) = YfinanceBars(SETTINGS, Clock(), Yahoo(answer)).daily_bars(
        ["A"], FIRST, LAST, Notes()
    )
    assert table.session.tolist() == [FIRST, LAST]


@pytest.mark.parametrize("problem", [YFRateLimitError(), OSError("reset"), KeyError("chart")])
def test_a_failing_yahoo_is_tried_again_and_then_named(problem: Exception) -> None:
    clock = Clock()
    yahoo = Yahoo(problem, frame(A=[1.0, 2.0, 3.0]))
    assert (
        len(list(YfinanceBars(SETTINGS, clock, yahoo).daily_bars(["A"], FIRST, LAST, Notes()))) == 1
    )
    with pytest.raises(SourceError, match="no answer for 1"):
        list(
            YfinanceBars(SETTINGS, clock, Yahoo(*[problem] * 3)).daily_bars(
                ["A"], FIRST, LAST, Notes()
            )
        )
    assert clock.slept == [5, 5, 15]


def test_many_symbols_without_one_row_are_a_failure() -> None:
    """yfinance swallows a refusal per ticker and gives an empty frame."""
    from dataclasses import replace

    wide = replace(SETTINGS, symbols_per_request=50)
    names = [f"S{i}" for i in range(20)]
    with pytest.raises(SourceError, match="20 symbols"):
        list(
            YfinanceBars(wide, Clock(), Yahoo(*[pd.DataFrame()] * 3)).daily_bars(
                names, FIRST, LAST, Notes()
            )
        )


def test_split_events_are_read() -> None:
    answer = frame(A=[1.0, 2.0, 3.0], BRK_B=[1.0, 2.0, 3.0])
    answer["A", "Stock Splits"] = [4.0, 10.0, 0.0]
    answer["BRK-B", "Stock Splits"] = [np.nan, 0.0, 0.05]
    found = YfinanceBars(SETTINGS, Clock(), Yahoo(answer)).splits(["A", "BRK.B"], FIRST, LAST)
    assert list(found) == [Split("A", FIRST, 10.0), Split("BRK.B", LAST, 0.05)]
