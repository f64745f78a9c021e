"""Days of a tape: listing, history, gaps, splits overnight, quiet days, halts, real minutes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest

from avwap_cli.errors import InputError
from avwap_cli.exchange.instants import MINUTE, hours, instant
from avwap_cli.exchange.tape.days import SymbolDay, ticks, usd
from avwap_cli.exchange.tape.folding import fold
from avwap_cli.exchange.tape.tapes import Halt, Tape, TapeOptions
from avwap_cli.market.bars import BarTable, bar_table
from avwap_cli.market.minutes import MinuteTable
from avwap_cli.market.sessions import EASTERN
from avwap_cli.market.splits import Split

MON, TUE, WED, THU, FRI = (date(2024, 3, day) for day in (4, 5, 6, 7, 8))
HALF = date(2024, 7, 3)
Row = tuple[str, date, float, float, float, float, float]


def daily(*rows: Row) -> BarTable:
    columns = list(zip(*rows, strict=True))
    days = np.array(columns[1], dtype="datetime64[D]")
    return bar_table(columns[0], days, *(np.array(c, dtype=float) for c in columns[2:]))


def at(session: date, text: str) -> int:
    clock = datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007
    return instant(datetime.combine(session, clock, EASTERN))


def minute_table(symbol: str, session: date, rows: Sequence[tuple]) -> MinuteTable:
    """Rows of (HH:MM New York, open, high, low, close, volume)."""
    start = np.array([at(session, row[0]) for row in rows]).astype("datetime64[ns]")
    values = [np.array([row[i] for row in rows], dtype=float) for i in range(1, 6)]
    return MinuteTable((symbol,), np.zeros(len(rows), dtype=np.int32), start, *values)


def made(tape: Tape, symbol: str, session: date) -> SymbolDay:
    day = tape.day(symbol, session)
    assert day is not None
    return day


TWO = daily(
    ("A", MON, 10.0, 11.0, 9.5, 10.5, 1e6),
    ("A", TUE, 12.0, 12.5, 11.5, 12.2, 2e6),
    ("A", WED, 12.1, 12.6, 12.0, 12.5, 1e6),
    ("B", MON, 100.0, 101.0, 99.0, 100.5, 1e5),
    ("B", TUE, 100.0, 101.0, 99.0, 99.5, 1e5),
)


def test_what_is_on_the_tape() -> None:
    tape = Tape(TWO, names={"A": "Alpha Corp"})
    assert tape.symbols == ("A", "B")
    assert tape.sessions == (MON, TUE, WED)
    assert (tape.name("A"), tape.name("B")) == ("Alpha Corp", "B")
    assert tape.options == TapeOptions(seed=7, half_spread_frac=Decimal("0.0002"))
    assert tape.day("C", MON) is None
    assert tape.day("A", date(2024, 3, 3)) is None
    assert tape.day("A", MON) is tape.day("A", MON)


def test_a_symbol_is_listed_from_its_first_bar_to_its_last() -> None:
    tape = Tape(TWO)
    assert [tape.listed("B", day) for day in (date(2024, 3, 1), MON, TUE, WED)] == [
        False, True, True, False
    ]  # fmt: skip
    assert tape.day("B", WED) is None
    assert tape.listed("A", date(2024, 12, 2))
    assert not tape.listed("C", MON)


def test_history_is_sorted_and_cut() -> None:
    tape = Tape(TWO)
    found = tape.history(["B", "A", "ZZ", "A"], TUE, FRI)
    assert found.symbols == ("A", "B")
    assert list(zip(found.names().tolist(), found.session.tolist(), strict=True)) == [
        ("A", TUE), ("B", TUE), ("A", WED)
    ]  # fmt: skip
    assert found.close.tolist() == [12.2, 99.5, 12.5]
    assert tape.history(["B"], MON, WED).symbols == ("B",)
    assert len(tape.history(None, MON, TUE)) == 4
    assert len(tape.history(None, TUE, MON)) == 0
    assert len(tape.history([], MON, WED)) == 0
    assert len(tape.history(["A"], THU, FRI)) == 0


def test_the_close_before() -> None:
    tape = Tape(TWO)
    assert tape.close_before("A", MON) is None
    assert tape.close_before("A", TUE) == 105_000
    assert tape.close_before("A", date(2024, 3, 31)) == 125_000
    assert tape.close_before("ZZ", TUE) is None


def test_quotes_lead_from_the_previous_close_to_the_open() -> None:
    day = made(Tape(TWO), "A", TUE)
    times, q = hours(TUE), day.quotes
    middle = (q.bid + q.ask) / 2
    early = q.at < times.open
    assert q.at[early].tolist() == list(range(times.pre_open, times.open, MINUTE))
    assert q.bid[0] < 105_000 < q.ask[0]
    settled = (q.at >= at(TUE, "09:20")) & early
    assert (np.abs(middle[settled] - 120_000) < 300).all()
    regular = (q.at >= times.open) & (q.at < times.close)
    assert q.at[regular].tolist() == day.prints.at.tolist()
    late = q.at >= times.close
    assert q.at[late].tolist() == list(range(times.close, times.after_close, MINUTE))
    assert (np.abs(middle[late] - 122_000) < 300).all()
    assert set((q.ask - q.bid)[early | late].tolist()) == {300}
    assert set((q.ask - q.bid)[regular].tolist()) == {100}


def test_the_first_quote_is_around_the_previous_close_itself() -> None:
    wide = TapeOptions(half_spread_frac=Decimal("0.01"))
    for symbol, close in (("A", 105_000), ("B", 1_005_000)):
        q = made(Tape(TWO, options=wide), symbol, TUE).quotes
        assert abs((q.bid[0] + q.ask[0]) / 2 - close) <= 100


def test_the_first_day_has_no_gap() -> None:
    q = made(Tape(TWO), "A", MON).quotes
    early = q.at < hours(MON).open
    assert (np.abs((q.bid + q.ask)[early] / 2 - 100_000) < 300).all()


@pytest.mark.parametrize("ex_date", [TUE, WED])
@pytest.mark.parametrize(("ratio", "expected"), [(10.0, 19_025), (0.1, 1_902_500), (3.0, 63_417)])
def test_a_split_overnight_moves_where_quotes_start(
    ratio: float, expected: int, ex_date: date
) -> None:
    opening = expected / 10_000
    bars = daily(
        ("S", MON, 19.0, 19.2, 18.9, 19.025, 1e6),
        ("S", WED, opening, opening * 1.1, opening * 0.9, opening, 1e6),
    )
    split = Split("S", ex_date, ratio)
    tape = Tape(bars, [split, Split("OTHER", TUE, 2.0)])
    q = made(tape, "S", WED).quotes
    assert abs((q.bid[0] + q.ask[0]) / 2 - expected) <= max(200, expected * 0.001)
    assert tape.close_before("S", WED) == 190_250
    assert tape.previous_close("S", WED) == expected
    assert tape.splits == (split,)
    assert tape.splits_on(ex_date) == (split,)
    assert tape.splits_on(THU) == ()


@pytest.mark.parametrize("ex_date", [MON, THU])
def test_a_split_of_another_night_moves_nothing(ex_date: date) -> None:
    q = made(Tape(TWO, [Split("A", ex_date, 2.0)]), "A", TUE).quotes
    assert q.bid[0] < 105_000 < q.ask[0]


def test_a_split_on_a_closed_day_happens_on_the_next_session() -> None:
    split = Split("A", date(2024, 3, 2), 2.0)
    tape = Tape(TWO, [split])
    assert tape.splits_on(MON) == (split,)
    assert tape.previous_close("A", TUE) == tape.close_before("A", TUE)
    assert tape.previous_close("A", MON) is None


def test_a_split_without_a_ratio_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        Tape(TWO, [Split("A", TUE, 0.0)])


def test_a_half_day_ends_at_one() -> None:
    day = made(Tape(daily(("A", HALF, 10.0, 11.0, 9.0, 10.5, 1e6))), "A", HALF)
    assert len(day.minutes.start) == 210
    assert day.minutes.start[-1] == at(HALF, "12:59")
    assert day.quotes.at[-1] == at(HALF, "16:59")


def test_volume_is_heavier_at_the_ends() -> None:
    volume = made(Tape(TWO), "A", MON).minutes.volume
    assert volume[:30].sum() > 1.5 * volume[180:210].sum()
    assert volume[-30:].sum() > 1.5 * volume[180:210].sum()
    assert volume[0] > volume.mean()


def test_few_shares_make_few_minutes() -> None:
    tape = Tape(
        daily(
            ("A", MON, 10.0, 11.0, 9.0, 10.5, 100.0),
            ("A", TUE, 10.0, 11.0, 9.0, 10.5, 1.0),
            ("A", WED, 10.0, 11.0, 9.0, 10.5, 8.0),
        )
    )
    assert len(made(tape, "A", MON).minutes.start) == 25
    one = made(tape, "A", TUE)
    assert fold(one.minutes, hours(TUE)) == (100_000, 110_000, 90_000, 105_000, 1)
    assert one.prints.size.tolist() == [1, 0, 0, 0]
    assert one.prints.price.tolist() == [100_000, 90_000, 110_000, 105_000]
    ends = made(tape, "A", WED).minutes.start
    assert ends.tolist() == [hours(WED).open, hours(WED).close - MINUTE]


def test_missing_minutes() -> None:
    bars = daily(("A", MON, 10.0, 11.0, 9.0, 10.5, 1e6))
    day = made(Tape(bars, options=TapeOptions(missing_frac=0.5)), "A", MON)
    assert 130 < len(day.minutes.start) < 260
    assert day.minutes.start[0] == hours(MON).open
    assert day.minutes.start[-1] == hours(MON).close - MINUTE
    assert day.minutes.volume.sum() == 1_000_000


def test_prices_in_cents_trade_in_cents() -> None:
    assert (made(Tape(TWO), "A", MON).prints.price % 100 == 0).all()
    fine = Tape(daily(("A", MON, 0.5012, 0.61, 0.4, 0.5, 1e6)))
    assert (made(fine, "A", MON).prints.price % 100 != 0).any()


def test_a_day_without_volume_has_quotes_and_no_prints() -> None:
    tape = Tape(
        daily(("A", MON, 9.0, 9.5, 8.9, 9.2, 1e5), ("A", TUE, 9.3, 9.3, 9.3, 9.3, 0.0)),
    )
    day = made(tape, "A", TUE)
    times = hours(TUE)
    assert (len(day.minutes.start), len(day.prints.at)) == (0, 0)
    assert fold(day.minutes, times) is None
    assert day.quotes.at.tolist() == list(range(times.pre_open, times.after_close, MINUTE))
    regular = (day.quotes.at >= times.open) & (day.quotes.at < times.close)
    assert (np.abs((day.quotes.bid + day.quotes.ask)[regular] / 2 - 93_000) < 300).all()
    assert tape.listed("A", TUE)


def test_a_day_halted_from_open_to_close_has_no_prints() -> None:
    times = hours(MON)
    halt = Halt("A", times.pre_open, times.close)
    tape = Tape(TWO, options=TapeOptions(halts=(halt,)))
    day = made(tape, "A", MON)
    assert len(day.prints.at) == 0
    assert day.quotes.at[0] == times.close
    assert day.halts == ((times.pre_open, times.close),)
    assert len(made(tape, "B", MON).prints.at) > 0
    assert made(tape, "A", TUE).halts == ()


def test_rows_that_cannot_trade_are_left_out_and_crooked_ones_widened() -> None:
    nan = float("nan")
    tape = Tape(
        daily(
            ("A", MON, 10.0, 9.0, 10.5, 10.2, 1e4),
            ("A", TUE, nan, 11.0, 9.0, 10.0, 1e4),
            ("A", WED, 10.0, 11.0, 0.0, 10.0, 1e4),
            ("A", date(2024, 3, 9), 10.0, 11.0, 9.0, 10.0, 1e4),
            ("A", THU, 10.0, 11.0, 9.0, 10.123449, nan),
            ("A", FRI, 10.0, 1e12, 9.0, 10.0, 1e4),
            ("GONE", TUE, nan, nan, nan, nan, nan),
        )
    )
    assert tape.symbols == ("A",)
    assert tape.sessions == (MON, THU)
    bar = tape.history(None, MON, FRI)
    assert (bar.high[0], bar.low[0]) == (10.5, 9.0)
    assert (bar.close[1], bar.volume[1]) == (10.1234, 0.0)


def test_prices_near_a_cent_are_that_cent() -> None:
    tape = Tape(daily(("A", MON, 3000.0004, 3000.26, 2999.9899, 0.99999, 10.0)))
    bar = tape.history(None, MON, MON)
    assert (bar.open[0], bar.high[0]) == (3000.0, 3000.26)
    assert bar.close[0] == 1.0


def test_an_empty_tape() -> None:
    tape = Tape(daily(("A", MON, -1.0, 1.0, 1.0, 1.0, 1.0)))
    assert (tape.symbols, tape.sessions) == ((), ())
    assert not tape.listed("A", MON)
    assert len(tape.history(None, MON, FRI)) == 0


def test_a_bar_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(InputError, match="calendar"):
        Tape(daily(("A", date(1985, 3, 4), 1.0, 1.0, 1.0, 1.0, 1.0)))


@pytest.mark.parametrize("options", [{"missing_frac": 1.0}, {"half_spread_frac": Decimal("0.25")}])
def test_options_out_of_range_are_refused(options: dict) -> None:
    with pytest.raises(ValueError, match="is not in"):
        TapeOptions(**options)


def test_a_halt_that_does_not_end_is_refused() -> None:
    with pytest.raises(ValueError, match="does not end after its start"):
        Halt("A", 5, 5)


REAL = minute_table(
    "A",
    TUE,
    [
        ("03:59", 1.0, 1.0, 1.0, 1.0, 10),
        ("04:15", 11.0, 11.2, 11.0, 11.1, 300),
        ("09:29", 11.5, 11.5, 11.5, 11.5, 50),
        ("09:30", 11.6, 11.9, 11.4, 11.8, 1000),
        ("09:30", 99.0, 99.0, 99.0, 99.0, 5),
        ("09:33", 11.8, 11.8, 11.7, 11.7, 500),
        ("09:34", float("nan"), 11.8, 11.7, 11.7, 500),
        ("09:35", 11.7, 11.8, 11.7, 11.7, 0),
        ("15:59", 11.7, 12.0, 11.7, 11.9, 2),
        ("16:05", 12.5, 12.5, 12.4, 12.4, 70),
        ("20:00", 12.5, 12.5, 12.4, 12.4, 70),
    ],
)


def test_real_minutes_are_kept_as_they_are() -> None:
    day = made(Tape(TWO, minutes=REAL), "A", TUE)
    assert day.minutes.start.tolist() == [
        at(TUE, text) for text in ("04:15", "09:29", "09:30", "09:33", "15:59", "16:05")
    ]
    assert day.minutes.open.tolist() == [ticks(Decimal(x)) for x in (
        "11.0", "11.5", "11.6", "11.8", "11.7", "12.5")]  # fmt: skip
    assert day.minutes.volume.tolist() == [300, 50, 1000, 500, 2, 70]
    assert day.minutes.trades.tolist() == [3, 1, 4, 2, 3, 2]
    last = day.minutes.start[4] <= day.prints.at
    assert day.prints.price[last].tolist() == [117_000, 120_000, 119_000, 125_000, 124_000]
    assert day.prints.size[last][:3].tolist() == [1, 1, 0]


def test_the_daily_bar_of_real_minutes_is_their_fold() -> None:
    tape = Tape(TWO, minutes=REAL)
    bar = tape.history(["A"], TUE, TUE)
    assert [float(x[0]) for x in (bar.open, bar.high, bar.low, bar.close, bar.volume)] == [
        11.6, 12.0, 11.4, 11.9, 1922.0
    ]  # fmt: skip
    assert 11.4 < bar.vwap[0] < 12.0
    day = made(tape, "A", TUE)
    assert bar.vwap[0] == pytest.approx(day.minutes.turnover.sum() / 1922 / 10_000)
    assert fold(day.minutes, hours(TUE)) == (116_000, 120_000, 114_000, 119_000, 1922)
    assert tape.close_before("A", WED) == 119_000


def test_real_minutes_make_a_bar_where_there_is_none() -> None:
    later = minute_table("NEW", THU, [("09:30", 5.0, 5.1, 4.9, 5.0, 100)])
    tape = Tape(TWO, minutes=later)
    assert tape.symbols == ("A", "B", "NEW")
    assert tape.sessions == (MON, TUE, WED, THU)
    assert len(made(tape, "NEW", THU).minutes.start) == 1


def test_real_minutes_outside_of_regular_hours_alone_are_not_a_day() -> None:
    early = minute_table("A", TUE, [("08:00", 5.0, 5.1, 4.9, 5.0, 100)])
    tape = Tape(TWO, minutes=early)
    assert tape.history(["A"], TUE, TUE).open.tolist() == [12.0]
    assert len(made(tape, "A", TUE).minutes.start) == 390


def test_quotes_follow_real_prints_before_the_open() -> None:
    q = made(Tape(TWO, minutes=REAL), "A", TUE).quotes
    middle = dict(zip(q.at.tolist(), ((q.bid + q.ask) / 2).tolist(), strict=True))
    assert abs(middle[at(TUE, "04:00")] - 105_000) < 300
    assert abs(middle[at(TUE, "04:16")] - 111_000) < 400
    assert abs(middle[at(TUE, "09:28")] - 115_000) < 400
    assert abs(middle[at(TUE, "19:00")] - 124_000) < 400


def test_a_real_print_has_its_own_quote() -> None:
    wide = TapeOptions(half_spread_frac=Decimal("0.01"))
    day = made(Tape(TWO, minutes=REAL, options=wide), "A", TUE)
    place = np.searchsorted(day.quotes.at, day.prints.at)
    assert day.quotes.at[place].tolist() == day.prints.at.tolist()
    middle = (day.quotes.bid[place] + day.quotes.ask[place]) / 2
    assert (np.abs(middle - day.prints.price) <= 50).all()
    assert (np.diff(day.quotes.at) > 0).all()


def test_real_minutes_within_a_configured_halt_are_dropped() -> None:
    halt = Halt("A", at(TUE, "09:33") + 1, at(TUE, "10:00"))
    tape = Tape(TWO, minutes=REAL, options=TapeOptions(halts=(halt,)))
    day = made(tape, "A", TUE)
    assert at(TUE, "09:33") not in day.minutes.start
    bar = tape.history(["A"], TUE, TUE)
    assert (bar.close[0], bar.volume[0]) == (11.9, 1422.0)


def test_days_differ_between_symbols_and_sessions() -> None:
    rows = [(name, day, 10.0, 11.0, 9.0, 10.5, 1e6) for name in "AB" for day in (MON, TUE)]
    tape = Tape(daily(*rows))
    kinds = {
        made(tape, name, day).minutes.high.tobytes() for name in "AB" for day in (MON, TUE)
    }  # fmt: skip
    assert len(kinds) == 4


def test_a_day_does_not_depend_on_the_hash_seed() -> None:
    code = (
        "import hashlib, numpy as np\n"
        "from datetime import date\n"
        "from avwap_cli.exchange.tape.tapes import Tape\n"
        "from avwap_cli.market.bars import bar_table\n"
        "v = [np.array([x]) for x in (10.0, 11.0, 9.0, 10.5, 1e5)]\n"
        "d = Tape(bar_table(['A'], np.array(['2024-03-04'], 'datetime64[D]'), *v))\n"
        "d = d.day('A', date(2024, 3, 4))\n"
        "b = d.prints.price.tobytes() + d.prints.size.tobytes() + d.quotes.bid.tobytes()\n"
        "print(hashlib.sha256(b).hexdigest())\n"
    )
    shown = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(shown) == 1


def test_tape_prices_and_usd_are_each_other() -> None:
    assert usd(1_902_500) == Decimal("190.2500")
    assert ticks(Decimal("190.25")) == 1_902_500
    with pytest.raises(ValueError, match="finer"):
        ticks(Decimal("1.00001"))
