"""Invented names: companies and tickers that nobody can mistake for real ones.

A company is syllables and a business ("Quillmark Robotics Inc").  Its ticker begins
with two different letters of Q, X, Z, as no listed company's four-letter ticker does,
and takes the rest from the name ("QXLM").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from avwap_cli.adapters.synthetic.sectors import SECTORS
from avwap_cli.adapters.synthetic.streams import Ints, Stream, stream

PAIRS = ("QX", "QZ", "XQ", "XZ", "ZQ", "ZX")
HEADS = (
    "Quill", "Zor", "Brin", "Velt", "Ost", "Marn", "Drel", "Fenn", "Glim", "Hask",
    "Jor", "Klav", "Lum", "Myr", "Norv", "Orb", "Pell", "Rusk", "Syl", "Tarn",
    "Umb", "Vex", "Wrel", "Yor", "Axl", "Cald", "Eld", "Ith", "Bax", "Crim",
    "Dax", "Ferr", "Gorm", "Hux", "Irv", "Kez", "Lox", "Mox", "Nib", "Plim",
)  # fmt: skip
TAILS = (
    "mark", "vane", "low", "dane", "ric", "wick", "sby", "quist", "lyn", "gard",
    "pex", "mund", "zel", "thorn", "vost", "brook", "flint", "gate", "horn", "jack",
    "kin", "loom", "moss", "nock", "oak", "penny", "rook", "spindle", "tide", "umber",
    "vault", "whistle", "yarrow", "zephyr", "bolt", "cask", "drift", "ember", "fjord", "glass",
)  # fmt: skip
ENDINGS = ("Inc", "Corp", "Holdings Inc", "Group Inc", "Company", "Ltd")


def invent(seed: int, sector: Ints) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tickers and company names, one per entry of `sector`, all different.

    The first n of a longer list are the list of n.
    """
    picks = stream(seed, Stream.NAMES).integers(0, 2**31, size=(len(sector), 6)).tolist()
    tickers: list[str] = []
    names: list[str] = []
    used: set[str] = set()
    taken: set[str] = set()
    for code, pick in zip(sector.tolist(), picks, strict=True):
        name = next(n for n in _names(pick, SECTORS[code].businesses) if n not in used)
        ticker = next(t for t in _tickers(pick, name) if t not in taken)
        used.add(name)
        taken.add(ticker)
        names.append(name)
        tickers.append(ticker)
    return tuple(tickers), tuple(names)


def _names(pick: Sequence[int], businesses: Sequence[str]) -> Iterator[str]:
    """The name drawn, then its neighbours until one is free."""
    for step in range(len(HEADS) * len(TAILS)):
        head = HEADS[(pick[0] + step) % len(HEADS)]
        tail = TAILS[(pick[1] + step // len(HEADS)) % len(TAILS)]
        business = businesses[pick[2] % len(businesses)]
        yield f"{head}{tail} {business} {ENDINGS[pick[3] % len(ENDINGS)]}"


def _tickers(pick: Sequence[int], name: str) -> Iterator[str]:
    """Two of Q, X, Z and two letters of the name, three where those are taken."""
    letters = [c for c in name.split(maxsplit=1)[0][1:].upper() if c not in "FQXYZ"] or ["N"]
    alphabet = "ABCDEGHIJKLMNOPRSTUVW"
    first = name[0].upper()
    for step in range(len(PAIRS)):
        pair = PAIRS[(pick[4] + step) % len(PAIRS)]
        yield from (f"{pair}{first}{letter}" for letter in letters if first != letter)
    for step in range(len(alphabet) ** 2):
        middle = alphabet[(pick[5] + step) % len(alphabet)]
        last = alphabet[(pick[5] + step // len(alphabet)) % len(alphabet)]
        yield f"{PAIRS[pick[4] % len(PAIRS)]}{first}{middle}{last}"
