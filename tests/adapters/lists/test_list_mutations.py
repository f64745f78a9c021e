"""Bad lists: whatever is done to a real file, a part of a universe or a named error.

Each example damages one real holdings file and hands it over in one of two ways: as a file by
hand, where a named error is an answer, or as a download over a good copy, where there
is always an answer and the copy stays.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fixed_clock import FixedClock
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from avwap_cli.adapters.lists import member_lists
from avwap_cli.adapters.lists.downloads import Download
from avwap_cli.adapters.lists.list_copies import ListCopies
from avwap_cli.adapters.lists.member_lists import MemberLists
from avwap_cli.errors import AvwapError
from avwap_cli.market.memberships import Memberships
from avwap_cli.market.sectors import SECTORS
from avwap_cli.market.symbols import NO_TICKER, is_symbol
from avwap_cli.settings import UniverseSettings

HOLDINGS = (
    "iwv_2021-01-29_bom_nopreamble_nofooter.csv",
    "iwv_2024-08_bom_nopreamble_footer.csv",
    "iwv_2025-05-21_raw_bom_preamble_nbsp.csv",
)
HOSTILE = (
    '"=cmd|\'/c calc\'!A1"', '"+1+1"', '"@SUM(1)"', '"../../etc/passwd"', '"C:\\\\CON"', '"\x00"',
    '"' + "x" * 200_000 + '"', '"open', 'a"b"c', "\ud7ff", "-", "", "'", '"\u202eLPAA"',
)  # fmt: skip
PAGE = b'<a href="/1.ajax?fileType=csv&fileName=IWV_holdings&dataType=fund">'
INDEX = (
    "Symbol,Security,GICS Sector\nAAPL,Apple,Information Technology\n"
    + "".join(f"ZZX{n:03d},Other,Energy\n" for n in range(499))
).encode()
SETTINGS = UniverseSettings(
    iwv_page_url="http://page",
    iwv_file="",
    sp500_url="http://index",
    sp500_file="",
    max_lost_frac=0.2,
    timeout_s=1.0,
    waits_s=(),
    metrics="none",
    prefilter=False,
)
GOOD_DAY, NEXT_DAY = date(2026, 1, 5), datetime(2026, 1, 6, 23, 30, tzinfo=UTC)


@st.composite
def damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """One to three kinds of damage, one after the other."""
    for _ in range(draw(st.integers(1, 3))):
        body = draw(st.sampled_from(DAMAGE))(draw, body)
    return body


def truncate(draw: st.DrawFn, body: bytes) -> bytes:
    return body[: draw(st.integers(0, len(body)))]


def flip_bytes(draw: st.DrawFn, body: bytes) -> bytes:
    out = bytearray(body or b"x")
    for place in draw(st.lists(st.integers(0, len(out) - 1), min_size=1, max_size=50)):
        out[place] ^= draw(st.integers(1, 255))
    return bytes(out)


def encode(draw: st.DrawFn, body: bytes) -> bytes:
    encoding = draw(st.sampled_from(["latin-1", "utf-16", "utf-16-le", "utf-32", "utf-7"]))
    return body.decode("utf-8", errors="ignore").encode(encoding, errors="replace")


def insert(draw: st.DrawFn, body: bytes) -> bytes:
    place = draw(st.integers(0, len(body)))
    what = draw(st.sampled_from([b"\x00", b"\xff\xfe", b'"', b"\n", b"\r", b",", b"\n\n", b"<"]))
    return body[:place] + what * draw(st.integers(1, 100)) + body[place:]


def cells_of(line: bytes) -> list[bytes]:
    """A line's cells, split at the commas outside of quotes."""
    parts = line.split(b'"')
    parts[::2] = [part.replace(b",", b"\x1f") for part in parts[::2]]
    return b'"'.join(parts).split(b"\x1f")


def columns(draw: st.DrawFn, body: bytes) -> bytes:
    """Drop, swap or rename columns of every line alike, as a spreadsheet would."""
    lines = [cells_of(line) for line in body.split(b"\n")]
    one, other = draw(st.integers(0, 14)), draw(st.integers(0, 14))
    drop = draw(st.booleans())
    for cells in lines:
        if max(one, other) < len(cells):
            cells[one], cells[other] = cells[other], cells[one]
            if drop:
                del cells[one]
    return b"\n".join(b",".join(cells) for cells in lines)


def rows(draw: st.DrawFn, body: bytes) -> bytes:
    """Repeat, remove and turn round lines."""
    lines = body.split(b"\n")
    first = draw(st.integers(0, len(lines)))
    last = draw(st.integers(first, len(lines)))
    part = lines[first:last]
    how = draw(st.sampled_from(["twice", "gone", "reversed"]))
    middle = {"twice": part + part, "gone": [], "reversed": part[::-1]}[how]
    return b"\n".join(lines[:first] + middle + lines[last:])


def hostile_cells(draw: st.DrawFn, body: bytes) -> bytes:
    lines = body.split(b"\n")
    for place in draw(st.lists(st.integers(0, len(lines) - 1), min_size=1, max_size=20)):
        cells = lines[place].split(b",")
        cells[draw(st.integers(0, len(cells) - 1))] = draw(st.sampled_from(HOSTILE)).encode()
        lines[place] = b",".join(cells)
    return b"\n".join(lines)


DAMAGE = (truncate, flip_bytes, encode, insert, columns, rows, hostile_cells)


def check(merged: Memberships) -> None:
    members = merged.universe.members
    names = [member.symbol for member in members]
    assert names == sorted(set(names))
    assert all(is_symbol(name) or name == NO_TICKER for name in names)
    assert all(m.sector in (*SECTORS, "Unknown") and len(m.name) <= 1000 for m in members)
    assert "AAPL" in names


@pytest.mark.stress
@pytest.mark.real
@pytest.mark.parametrize("name", HOLDINGS)
def test_damage_ends_in_a_universe_or_a_named_error(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    body = (real_data / "holdings" / name).read_bytes()
    good = b"\n".join(body.split(b"\n")[:200]) + "\n\u00a0\n".encode()
    folder = tmp_path / "cache" / "holdings"
    copies = ListCopies(folder, "IWV")
    copies.save(good, ".csv", GOOD_DAY, GOOD_DAY, datetime(2026, 1, 5, 23, tzinfo=UTC), "http://x")
    (tmp_path / "sp500_2026-01-05.csv").write_bytes(INDEX)
    by_hand = tmp_path / "iwv_2026-01-06.csv"
    clock = FixedClock(NEXT_DAY)
    download = {"http://page": PAGE}

    def fetch(url: str, **_: object) -> Download:
        return Download(url, download.get(url, download["csv"]), NEXT_DAY)

    monkeypatch.setattr(member_lists, "fetch", fetch)
    outcomes = {"hand": 0, "refused": 0, "kept": 0, "accepted": 0}

    @settings(
        max_examples=210,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(bad=damaged(body), hand=st.booleans())
    def run(bad: bytes, hand: bool) -> None:
        for extra in folder.glob("IWV-2026-01-06.*"):
            extra.unlink()
        download["csv"] = bad
        by_hand.write_bytes(bad)
        lists = MemberLists(
            tmp_path / "cache",
            tmp_path,
            SETTINGS,
            clock,
            iwv_file=by_hand if hand else None,
            sp500_file=tmp_path / "sp500_2026-01-05.csv",
        )
        merged = None
        with contextlib.suppress(AvwapError):
            merged = lists.universe(date(2026, 1, 6))
        if merged is None:
            assert hand
            outcomes["refused"] += 1
            return
        check(merged)
        if hand:
            outcomes["hand"] += 1
            return
        outcomes["kept" if merged.warnings else "accepted"] += 1
        assert (folder / "IWV-2026-01-05.csv").read_bytes() == good

    run()
    assert sum(outcomes.values()) >= 200
    assert min(outcomes.values()) >= 10, outcomes
