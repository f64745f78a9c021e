"""Week page: several sessions on one page, made of the parts of the session's page."""

from __future__ import annotations

from collections.abc import Sequence

from avwap_cli.review.pages.day_tables import held_table, slippage_table, trades_table
from avwap_cli.review.pages.equity_curves import equity_curves
from avwap_cli.review.pages.hypertexts import many, quiet, section, sentences, text, titled
from avwap_cli.review.pages.page_frames import page
from avwap_cli.review.pages.report_records import Assets, Week, WeekDay
from avwap_cli.review.pages.report_tiles import Tile, kind_of, signed, tile_html

LINKS = (
    ("sessions", "Sessions"),
    ("equity", "Equity"),
    ("trades", "Trades"),
    ("held", "Held"),
    ("slippage", "Slippage"),
)
NUMBER = ' class="n"'


def week_page(week: Week, assets: Assets) -> str:
    """The sessions from `first` to `last` as text of one page."""
    account = f'<p class="account">{text(week.account)}</p>' if week.account else ""
    body = "\n".join(
        part
        for part in (
            f'<header class="top"><h1>{week.first} to {week.last}</h1>{account}</header>',
            _tiles(week),
            titled("Not on this page", sentences("quiet", week.missing)),
            section("sessions", "Sessions", _days(week.days)),
            section("equity", "Equity and drawdown", equity_curves(week.equity)),
            section("trades", "Round trips", trades_table(week.trades) or quiet("None closed.")),
            section("held", "Held at the end", held_table(week.held) or quiet("Nothing is held.")),
            section("slippage", "Slippage", slippage_table(week.slippages)),
        )
        if part
    )
    return page(f"avwap {week.first} to {week.last}", body, assets, LINKS)


def _tiles(week: Week) -> str:
    pnl = sum(day.pnl_usd for day in week.days)
    closed = sum(day.closed for day in week.days)
    won = sum(float(t["pnl_usd"]) > 0 for t in week.trades)
    rate = f", {won / len(week.trades):.0%} of them won" if week.trades else ""
    known = [day for day in week.days if day.equity_usd is not None]
    tiles = [
        Tile("closed, USD", signed(pnl), f"{many(closed, 'round trip')}{rate}", kind_of(pnl)),
        Tile("entered", str(sum(day.entered for day in week.days)), "orders that filled"),
        Tile("held", many(len(week.held), "position"), f"after {week.last}"),
        Tile(
            "urgent alerts",
            str(sum(day.urgent for day in week.days)),
            f"of {many(sum(day.alerts for day in week.days), 'message')}",
            "less" if any(day.urgent for day in week.days) else "",
        ),
    ]
    if known:
        note = f"at the close of {known[-1].session}"
        tiles.insert(0, Tile("equity, USD", f"{known[-1].equity_usd:,.2f}", note))
    return f'<div class="tiles">{"".join(map(tile_html, tiles))}</div>'


def _days(days: Sequence[WeekDay]) -> str:
    if not days:
        return quiet("There was no session in these days.")
    heads = (
        "session",
        "regime",
        "candidates",
        "entered",
        "closed",
        "P&L USD",
        "equity USD",
        "drawdown",
        "alerts",
        "urgent",
    )
    first = "".join(
        f'<th scope="col"{"" if n < 2 else NUMBER}>{text(head)}</th>'
        for n, head in enumerate(heads)
    )
    lines = "\n".join(_day(day) for day in days)
    return (
        f'<div class="scroll"><table>\n<thead><tr>{first}</tr></thead>\n'
        f"<tbody>\n{lines}\n</tbody>\n</table></div>"
    )


def _day(day: WeekDay) -> str:
    words = f"{day.session:%a} {day.session}"
    link = f'<a href="{text(day.page)}">{words}</a>' if day.page else words
    equity = "" if day.equity_usd is None else f"{day.equity_usd:,.2f}"
    below = "" if day.drawdown_frac is None else f"{day.drawdown_frac:.2%}"
    numbers = (
        "" if day.candidates is None else str(day.candidates),
        str(day.entered),
        str(day.closed),
        signed(day.pnl_usd),
        equity,
        below,
        str(day.alerts),
        str(day.urgent),
    )
    cells = "".join(f"<td{NUMBER}>{text(number)}</td>" for number in numbers)
    return f"<tr><td>{link}</td><td>{text(day.regime)}</td>{cells}</tr>"
