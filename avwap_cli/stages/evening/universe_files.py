"""Universe files: how the universe stands in `universe.csv`, written by one stage, read by others.

Names and notes are vendors' text.  A spreadsheet runs a cell that begins with `=`, `+`,
`-` or `@`, so such a cell is written with an apostrophe before it, and control
characters become spaces; reading takes the apostrophe away again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from avwap_cli.errors import DamagedInput
from avwap_cli.market.sectors import SECTORS
from avwap_cli.market.symbols import NO_TICKER, is_symbol
from avwap_cli.market.universe import UNKNOWN_SECTOR, Liquidity, Member, Universe
from avwap_cli.playbook import UNIVERSE_CSV, UNIVERSE_JSON
from avwap_cli.ports import ArtifactStore

SCHEMA = "avwap.universe/1.0"
TABLE = "table_sha256"
COLUMNS = (
    "symbol",
    "name",
    "sector",
    "lists",
    "equity",
    "note",
    "close",
    "volume_mean20",
    "dollar_volume_mean20",
    "liquid",
)
METRICS = ("close", "volume_mean20", "dollar_volume_mean20")
LISTS_SEPARATOR = " "
MAX_QUOTED = 120
YES, NO, UNKNOWN = "yes", "no", "unknown"

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_FORMULA = ("=", "+", "-", "@", "'")
_SECTOR_NAMES = frozenset((*SECTORS, UNKNOWN_SECTOR))
_YES_NO = frozenset((YES, NO))
_LIQUID = frozenset((YES, NO, UNKNOWN))


def write_rows(
    universe: Universe, metrics: Mapping[str, Liquidity], liquid: Mapping[str, str]
) -> Iterator[tuple[object, ...]]:
    """One row per member under COLUMNS; `liquid` says yes, no or unknown per symbol."""
    for member in universe.members:
        seen = metrics.get(member.symbol)
        yield (
            member.symbol,
            _harmless(member.name),
            member.sector,
            LISTS_SEPARATOR.join(member.lists),
            YES if member.equity else NO,
            _harmless(member.note),
            None if seen is None else round(seen.close_usd, 4),
            None if seen is None else round(seen.volume_shares),
            None if seen is None else round(seen.dollar_volume_usd),
            liquid.get(member.symbol, UNKNOWN),
        )


def read_universe(store: ArtifactStore, trade_session: date) -> Universe:
    """The universe of that session.

    Raises:
        MissingInput, DamagedInput, SchemaMismatch: its files are absent or unusable.
    """
    rows = store.read_csv(trade_session, UNIVERSE_CSV)
    about = store.read_json(trade_session, UNIVERSE_JSON)
    try:
        lists = {text: tuple(text.split(LISTS_SEPARATOR)) for text in {r["lists"] for r in rows}}
        members = tuple(_member(row, lists[row["lists"]]) for row in rows)
        membership = date.fromisoformat(about["membership_known"])
        sectors = date.fromisoformat(about["sectors_known"])
    except (KeyError, ValueError, TypeError) as problem:
        raise _damaged(trade_session, f"has a wrong or missing value: {problem}") from problem
    symbols = [member.symbol for member in members]
    if len(members) != about.get("members") or symbols != sorted(set(symbols)):
        raise _damaged(trade_session, f"does not have the members that {UNIVERSE_JSON} counts")
    return Universe(members, membership, sectors)


def read_liquid(store: ArtifactStore, trade_session: date) -> dict[str, str]:
    """Whether each member is liquid as far as the universe knows: yes, no or unknown.

    Raises:
        MissingInput, DamagedInput, SchemaMismatch: the file is absent or unusable.
    """
    rows = store.read_csv(trade_session, UNIVERSE_CSV)
    try:
        liquid = {row["symbol"]: row["liquid"] for row in rows}
    except KeyError as problem:
        raise _damaged(trade_session, f"has no column {problem}") from problem
    odd = set(liquid.values()) - _LIQUID
    if odd:
        raise _damaged(trade_session, f"says liquid is {min(odd)!r}")
    return liquid


def read_illiquid(store: ArtifactStore, trade_session: date) -> dict[str, Liquidity]:
    """What was measured of the members known to be illiquid, whom a prefilter skips.

    Raises:
        MissingInput, DamagedInput, SchemaMismatch: the file is absent or unusable.
    """
    rows = store.read_csv(trade_session, UNIVERSE_CSV)
    try:
        return {
            row["symbol"]: Liquidity(*(float(row[name]) for name in METRICS))
            for row in rows
            if row["liquid"] == NO
        }
    except (KeyError, ValueError) as problem:
        raise _damaged(trade_session, f"has a wrong or missing value: {problem}") from problem


def _member(row: Mapping[str, str], lists: tuple[str, ...]) -> Member:
    symbol, sector, equity = row["symbol"], row["sector"], row["equity"]
    if not is_symbol(symbol) and symbol != NO_TICKER:
        raise ValueError(f"{symbol!r} is not a symbol")
    if sector not in _SECTOR_NAMES:
        raise ValueError(f"{sector!r} is not a sector")
    if equity not in _YES_NO:
        raise ValueError(f"equity is {equity!r}")
    if row["liquid"] not in _LIQUID:
        raise ValueError(f"liquid is {row['liquid']!r}")
    name, note = row["name"], row["note"]
    return Member(
        symbol, name.removeprefix("'"), sector, lists, equity == YES, note.removeprefix("'")
    )


def _harmless(text: str) -> str:
    text = _CONTROL.sub(" ", text)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _damaged(trade_session: date, what: str) -> DamagedInput:
    """The error; a cell may be of any length, so what is said of it is cut."""
    what = what if len(what) <= MAX_QUOTED else f"{what[:MAX_QUOTED]}..."
    return DamagedInput(
        f"{UNIVERSE_CSV} for {trade_session} {what}",
        f"run `avwap universe --session {trade_session}` again",
    )
