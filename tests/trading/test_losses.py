"""Loss of the day and fall from the peak, by hand; cash moved is neither."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from entry_days import ACCOUNT, THURSDAY, D, close_of
from hand_facts import FRIDAY, at

from avwap_cli.trading.facts import HaltChange, HaltLevel
from avwap_cli.trading.losses import DAILY_LOSS, DRAWDOWN, day_loss_frac, drawdown_frac
from avwap_cli.trading.orders import Transfer

TUESDAY, WEDNESDAY = date(2024, 3, 5), date(2024, 3, 6)


def paid(amount: str, day: date, clock: str, key: str = "t1") -> Transfer:
    return Transfer(key, at(day, clock), D(amount))


def test_the_days_loss_is_told_against_the_previous_close() -> None:
    account = replace(ACCOUNT, equity=D(98_500))
    assert day_loss_frac(account, (), FRIDAY) == D("0.015")
    assert day_loss_frac(replace(account, equity=D(101_000)), (), FRIDAY) == D("-0.01")


def test_cash_paid_since_the_previous_close_is_taken_out() -> None:
    account = replace(ACCOUNT, equity=D(88_000))
    out = paid("-10000", FRIDAY, "08:00")
    assert day_loss_frac(account, (out, out), FRIDAY) == D("0.02")
    assert day_loss_frac(account, (paid("-10000", THURSDAY, "12:00"),), FRIDAY) == D("0.12")


@pytest.mark.parametrize("number", ["0", "-5", "NaN"])
def test_an_equity_that_is_no_positive_number_has_no_loss(number: str) -> None:
    assert day_loss_frac(replace(ACCOUNT, equity=D(number)), (), FRIDAY) is None
    assert day_loss_frac(replace(ACCOUNT, last_equity=D(number)), (), FRIDAY) is None
    assert drawdown_frac([close_of(THURSDAY, number)], (), D(100), ()) is None
    assert drawdown_frac([], (), D(number), ()) is None


def test_the_fall_from_the_highest_close() -> None:
    closes = [close_of(WEDNESDAY, "110000"), close_of(TUESDAY, "100000"),
              close_of(THURSDAY, "99000")]  # fmt: skip
    assert drawdown_frac(closes, (), D(88_000), ()) == pytest.approx(D("0.2"))
    assert drawdown_frac(closes, (), D(120_000), ()) == 0
    assert drawdown_frac([], (), D(50_000), ()) == 0


def test_cash_paid_out_is_no_drawdown_and_paid_in_hides_none() -> None:
    # 100,000 -> 50,000 paid out, nothing lost -> 45,000 = 10 % lost
    closes = [close_of(WEDNESDAY, "100000"), close_of(THURSDAY, "50000", "-50000")]
    assert drawdown_frac(closes, (), D(45_000), ()) == pytest.approx(D("0.1"))
    # and 20,000 paid in since the last close
    more = (paid("20000", FRIDAY, "08:00"), paid("7", WEDNESDAY, "08:00", "t0"))
    assert drawdown_frac(closes, (), D(65_000), more) == pytest.approx(D("0.1"))


def test_lifting_a_drawdown_halt_accepts_what_was_lost() -> None:
    closes = [close_of(TUESDAY, "100000"), close_of(WEDNESDAY, "80000"),
              close_of(THURSDAY, "79000")]  # fmt: skip
    raised = HaltChange(at(WEDNESDAY, "15:00"), HaltLevel.NO_ENTRIES, DRAWDOWN, "", None)
    lifted = HaltChange(at(WEDNESDAY, "20:00"), HaltLevel.NONE, "person", "seen", None)
    assert drawdown_frac(closes, [raised], D(76_000), ()) == pytest.approx(D("0.24"))
    assert drawdown_frac(closes, [raised, lifted], D(76_000), ()) == pytest.approx(D("0.05"))
    other = replace(raised, source=DAILY_LOSS)
    assert drawdown_frac(closes, [other, lifted], D(76_000), ()) == pytest.approx(D("0.24"))
