"""One symbol form inside, and the maps at the doors.

Inside, a share class is written with a dot: `BRK.B`.  Yahoo writes `BRK-B`, tapes write
`BRK/B`, Alpaca and the S&P list write the dot as we do.  iShares writes `BRKB`, which
looks like any other ticker: exchanges of the NYSE family have class suffixes, NASDAQ
does not (`RUSHA` is a whole symbol), so a table of the classes that exist decides, and
for new ones the list itself (a row of the root, of the same company, that says CLASS B).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

NO_TICKER = "-"

_INSIDE = re.compile(r"[A-Z][A-Z0-9]{0,7}(\.[A-Z]{1,3})?", re.ASCII)
_SPELLED = re.compile(r"([A-Z][A-Z0-9]{0,7})[ ./-]([A-Z]{1,3})", re.ASCII)
_NYSE_FAMILY = re.compile(r"new york|nyse|cboe", re.ASCII | re.IGNORECASE)
_SAYS_CLASS = re.compile(r"\b(?:CLASS|CL|SERIES)\.? ([A-Z])\b", re.ASCII | re.IGNORECASE)

_CLASSES = """
    AGM.A AKO.A AKO.B BBD.B BF.A BF.B BH.A BIO.B BRK.A BRK.B BWL.A CBS.A CIG.C CRD.A CRD.B
    CWEN.A EBR.B FCE.A GEF.B GTN.A HEI.A HVT.A JW.A JW.B LEN.B LGF.A LGF.B MKC.V MOG.A
    MOG.B NYLD.A PBR.A RDS.A RDS.B STZ.B TAP.A UHAL.B WSO.B
"""
_CLASS_SHARES = {symbol.replace(".", ""): symbol for symbol in _CLASSES.split()}
_WHOLE_SYMBOLS = frozenset({"UAA"})


def is_symbol(text: str) -> bool:
    """Whether this is a symbol in the inside form: `AAPL`, `BRK.B`, `P5N994`."""
    return _INSIDE.fullmatch(text) is not None


def inside(text: str) -> str | None:
    """The inside form of a symbol spelled with any separator; None if it is no symbol.

    >>> inside("brk/b"), inside("BRK-B"), inside("BRK B"), inside("../etc")
    ('BRK.B', 'BRK.B', 'BRK.B', None)
    """
    text = text.strip()
    if not text.isascii():
        return None
    text = text.upper()
    spelled = _SPELLED.fullmatch(text)
    if spelled:
        return f"{spelled[1]}.{spelled[2]}"
    return text if is_symbol(text) else None


def to_yahoo(symbol: str) -> str:
    """Yahoo's spelling of an inside symbol: `BRK-B`; `inside` is the way back."""
    return symbol.replace(".", "-")


def from_ishares(
    ticker: str, name: str = "", exchange: str = "", names: Mapping[str, str] | None = None
) -> str | None:
    """The inside form of a ticker as iShares writes it; None if it is no symbol.

    Args:
        ticker: e.g. `BRKB`.
        name: the company as the list names it.
        exchange: where it is listed, as the list says; empty if it does not.
        names: ticker -> name of the whole list, to find the root of a class share.
    """
    symbol = inside(ticker)
    if symbol is None or "." in symbol or symbol in _WHOLE_SYMBOLS:
        return symbol
    if exchange and not _NYSE_FAMILY.match(exchange):
        return symbol
    if symbol in _CLASS_SHARES:
        return _CLASS_SHARES[symbol]
    said = _SAYS_CLASS.search(name)
    root, letter = symbol[:-1], symbol[-1]
    if said and said[1].upper() == letter and _same_company(name, (names or {}).get(root, "")):
        return f"{root}.{letter}"
    return symbol


def _same_company(one: str, other: str) -> bool:
    first, second = one.split()[:1], other.split()[:1]
    return bool(first) and first == second
