"""Report tiles: the session in six numbers, at the top of its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from avwap_cli.review.pages.hypertexts import figure_text, many, text
from avwap_cli.review.pages.report_records import Report
from avwap_cli.review.scan_documents import Row, is_number, listed, part


@dataclass(frozen=True, slots=True)
class Tile:
    """One number with its label above and a sentence under it; `kind` gives it a colour."""

    label: str
    value: str
    note: str = ""
    kind: str = ""


def tiles_html(report: Report) -> str:
    """All tiles of the session."""
    tiles = (
        _equity(report),
        _closed(report),
        _held(report),
        _entered(report),
        _scanned(report),
        _alerts(report),
    )
    return f'<div class="tiles">{"".join(map(tile_html, tiles))}</div>'


def tile_html(tile: Tile) -> str:
    """One tile; its texts are escaped here."""
    note = f"<small>{text(tile.note)}</small>" if tile.note else ""
    return (
        f'<div class="tile {tile.kind}"><span>{text(tile.label)}</span>'
        f"<b>{text(tile.value)}</b>{note}</div>"
    )


def signed(value: float, form: str = "+,.2f") -> str:
    """A number with its sign, the minus a true one."""
    return format(value, form).replace("-", "\N{MINUS SIGN}")


def kind_of(value: float) -> str:
    """The colour of a result."""
    return "" if not value else "less" if value < 0 else "more"


def _equity(report: Report) -> Tile:
    last = report.equity[-1] if report.equity else {}
    value = last.get("equity_usd")
    if str(last.get("session")) != str(report.session) or not is_number(value):
        return Tile("equity, USD", "unknown", "at the close of the session")
    before = report.equity[-2] if len(report.equity) > 1 else {}
    if not (is_number(before.get("unit")) and before["unit"] and is_number(last.get("unit"))):
        return Tile("equity, USD", f"{value:,.2f}", "the first close that is known")
    change = last["unit"] / before["unit"] - 1
    note = (
        f"{signed(change, '+.2%')} since {before['session']}, "
        f"{last['drawdown_frac']:.2%} below its peak"
    )
    return Tile("equity, USD", f"{value:,.2f}", note, kind_of(round(change, 4)))


def _closed(report: Report) -> Tile:
    closed = [t for t in report.trades if str(t["exit_session"]) == str(report.session)]
    pnl = sum(float(t["pnl_usd"]) for t in closed)
    return Tile("closed, USD", signed(pnl), many(len(closed), "round trip"), kind_of(round(pnl, 2)))


def _held(report: Report) -> Tile:
    known = [p.pnl_usd for p in report.held if p.pnl_usd is not None]
    note = f"{signed(sum(known))} USD so far" if known else ""
    count = len(report.held) or len(listed(report.exits.get("positions")))
    return Tile("held", many(count, "position"), note)


def _entered(report: Report) -> Tile:
    orders = [row for row in listed(report.entries.get("orders")) if isinstance(row, Mapping)]
    filled = sum(bool(row.get("filled_shares")) for row in orders)
    halt = report.entries.get("halt")
    note = f"of {many(len(orders), 'order')}, {len(report.denied)} denied"
    note += f"; halt {halt}" if halt else ""
    return Tile("entered", str(filled), note, "less" if halt else "")


def _scanned(report: Report) -> Tile:
    if report.scan is None:
        return Tile("candidates", "none", "there is no scan of this session")
    regime = part(report.scan, "regime", ("name", "direction")) or {}
    named = " ".join(str(regime[key]) for key in ("name", "direction") if regime.get(key))
    count = len(listed(report.scan.get("candidates")))
    passed = ""
    if report.gaps is not None:
        passed = f"{len(listed(report.gaps.get('passed')))} passed the gap filter; "
    return Tile("candidates", str(count), f"{passed}{named or 'regime unknown'}")


def _alerts(report: Report) -> Tile:
    urgent = sum(bool(_is_urgent(a)) for a in report.alerts)
    differ = len(report.discrepancies)
    note = f"of {many(len(report.alerts), 'message')}"
    if differ:
        note += f"; {figure_text(differ, 'd')} discrepanc{'y' if differ == 1 else 'ies'}"
    return Tile("urgent alerts", str(urgent), note, "less" if urgent or differ else "")


def _is_urgent(alert: Row) -> bool:
    return bool(alert.get("page"))
