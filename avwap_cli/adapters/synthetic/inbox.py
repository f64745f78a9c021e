"""The inbox of a demonstration home: where the synthetic market's lists lie.

The lists are the same files that a person downloads by hand, so the evening reads them
through the same parsers.
"""

from __future__ import annotations

import os
from datetime import date, datetime, time
from pathlib import Path

from avwap_cli.adapters.synthetic.lists import (
    write_earnings_csv,
    write_iwv_csv,
    write_sp500_csv,
    write_splits_csv,
)
from avwap_cli.adapters.synthetic.market import SyntheticMarket
from avwap_cli.adapters.synthetic.streams import Days
from avwap_cli.errors import AvwapError
from avwap_cli.market.sessions import EASTERN

INBOX = Path("cache", "inbox")
IWV, SP500, EARNINGS, SPLITS = "iwv.csv", "sp500.csv", "earnings.csv", "splits.csv"
WRITTEN_AT = time(18, 0)


def prepare_home(home: Path, seed: int, last_session: date, sessions: Days) -> SyntheticMarket:
    """Build the market and write its four lists under home/cache/inbox.

    The files carry the evening of `last_session` as their time, because a list without a
    date inside counts as known when it was written.  The same arguments build the same
    market again, and leave the files as they are.

    Raises:
        UsageError, InputError: see `SyntheticMarket.build`.
        AvwapError: the folder cannot be written.
    """
    market = SyntheticMarket.build(seed, last_session, sessions)
    folder = home / INBOX
    write_iwv_csv(market, folder / IWV, last_session)
    write_sp500_csv(market, folder / SP500)
    write_earnings_csv(market, folder / EARNINGS, last_session)
    write_splits_csv(market, folder / SPLITS)
    evening = datetime.combine(last_session, WRITTEN_AT, EASTERN).timestamp()
    try:
        for name in (IWV, SP500, EARNINGS, SPLITS):
            os.utime(folder / name, (evening, evening))
    except OSError as problem:
        raise AvwapError(
            f"cannot date the files in {folder}: {problem.strerror}", "check the folder's rights"
        ) from problem
    return market
