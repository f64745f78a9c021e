"""The trading day on the screen: the timeline, orders, positions, and what a dry run would send."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.outcome_text import show_summary
from avwap_cli.terminal.screen import Screen
from avwap_cli.terminal.status_text import zone_name
from avwap_cli.wiring.local_time import local

ORDERS = (
    ("id", "id"),
    ("side", "side"),
    ("shares", "shares"),
    ("price", "price"),
    ("ledger", "ledger"),
    ("broker", "broker"),
    ("filled_ledger", "filled here"),
    ("filled_broker", "there"),
    ("avg_price", "at"),
    ("why", "why"),
)
POSITIONS = (
    ("symbol", "symbol"),
    ("strategy", "strategy"),
    ("direction", "direction"),
    ("shares", "shares"),
    ("broker_shares", "at broker"),
    ("avg_price", "average"),
    ("last_price", "last"),
    ("unrealized_usd", "P&L"),
    ("held_sessions", "sessions"),
    ("stop", "stop"),
)
FOREIGN = (
    ("symbol", "symbol"),
    ("shares", "shares"),
    ("avg_price", "average"),
    ("last_price", "last"),
)
NUMBERS = {"shares", "price", "filled here", "there", "at", "at broker", "average", "last", "P&L"}


def show_agenda(screen: Screen, outcome: Outcome) -> None:
    """Every window of the session, in order, with the time on this computer."""
    show_summary(screen, outcome)
    columns = ("window (ET)", "opens here", "command", "expected by (ET)", "", "and")
    rows = []
    for stage in outcome.body["stages"]:
        opens, closes = (datetime.fromisoformat(stage[k]) for k in ("opens", "closes"))
        by = datetime.fromisoformat(stage["expected_by"])
        here = local(opens)
        rows.append(
            [
                f"{opens:%a %H:%M}-{closes:%a %H:%M}",
                f"{here:%a %H:%M} {zone_name(here)}",
                stage["command"],
                f"{by:%H:%M}",
                stage["when"],
                ", ".join(stage["also"]),
            ]
        )
    screen.table("The day", columns, rows)


def show_orders(screen: Screen, outcome: Outcome) -> None:
    """Both sides of every order."""
    show_summary(screen, outcome)
    if outcome.body["orders"]:
        _table(screen, "Orders", ORDERS, outcome.body["orders"])


def show_positions(screen: Screen, outcome: Outcome) -> None:
    """Ours, then everybody else's."""
    show_summary(screen, outcome)
    ours, foreign = outcome.body["positions"], outcome.body["foreign"]
    if ours:
        _table(screen, "Positions", POSITIONS, ours)
    if foreign:
        _table(screen, "Not ours, left alone", FOREIGN, foreign)


def show_would(screen: Screen, outcome: Outcome) -> None:
    """What was done; of a dry run what it would have sent."""
    show_summary(screen, outcome)
    for sentence in outcome.body.get("would", ()):
        screen.line(f"  would {sentence}")


def _cell(key: str, value: Any) -> str:
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.2f}" if key.endswith("_usd") else f"{value:.4f}".rstrip("0").rstrip(".")


def _table(
    screen: Screen, title: str, columns: tuple[tuple[str, str], ...], rows: list[dict[str, Any]]
) -> None:
    heads = tuple(head for _, head in columns)
    cells = [[_cell(key, row[key]) for key, _ in columns] for row in rows]
    screen.table(title, heads, cells, right=tuple(NUMBERS & set(heads)))


def show_alert_trial(screen: Screen, outcome: Outcome) -> None:
    """What came of each kind of message at each channel."""
    show_summary(screen, outcome)
    rows = outcome.body["channels"]
    kinds = list(rows[0]["kinds"])
    cells = [[kind, *(row["kinds"][kind] for row in rows)] for kind in kinds]
    screen.table("Messages", ("kind", *(row["channel"] for row in rows)), cells)
