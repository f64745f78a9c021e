"""An explanation on the terminal: gates, anchors, strategies and signals as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.screen import Screen


def show_explanation(screen: Screen, outcome: Outcome) -> None:
    """The whole explanation."""
    body = outcome.body
    screen.line(outcome.summary)
    lists = ", ".join(body["lists"]) or "none"
    screen.line(f"sector {body['sector']}; lists {lists}; {_bar(body['last_bar'])}")
    for own, plan in _own(body):
        screen.line()
        screen.line(plan_line(plan))
        _conditions(screen, f"{_named(own)}: conditions", [own])
    for direction, side in body["sides"].items():
        _side(screen, direction, side)
    _batch(screen, body["batch"])
    _signals(screen, body["signals"])
    screen.warnings(outcome.warnings)


def plan_line(plan: Mapping[str, Any]) -> str:
    """The levels of a candidate of a batch strategy, and how far they are in ATR."""
    levels = [f"entry {_usd(plan['entry'])}"]
    for name, key in (("stop", "stop"), ("R1", "r1")):
        usd, atr = plan[key], plan["atr"]
        if usd is None:
            levels.append(f"no {name}")
            continue
        away = f" ({abs(usd - plan['entry']) / atr:.3g} ATR)" if atr else ""
        levels.append(f"{name} {_usd(usd)}{away}")
    return f"{_named(plan)}: {', '.join(levels)}"


def _own(body: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The batch strategies that it is a candidate of, each with its record, by rank."""
    by_name = {_named(each): each for each in body["batch"]["strategies"]}
    ranked = sorted(
        (s for s in body["signals"] if s["rank"] is not None), key=lambda s: int(s["rank"])
    )
    return [(by_name[_named(s)], s) for s in ranked if _named(s) in by_name]


def _side(screen: Screen, direction: str, side: Mapping[str, Any]) -> None:
    left = side["dropped_by"]
    screen.line()
    screen.line(f"AVWAP {direction}: {'passes every gate' if left is None else 'left by ' + left}")
    _gates(screen, f"Gates ({direction})", side["gates"])
    columns = ("anchor", "session", "status", "prio", "avwap", "slope %", "dist %", "score")
    rows = [
        [
            f"{a['anchor']}{' *' if a['anchor'] == side['winner'] else ''}",
            a["session"] or "",
            a["status"],
            str(a["priority"]),
            *(_number(a[name]) for name in ("avwap", "slope_pct", "dist_pct")),
            _number(a["score"]) if a["status"] == "valid" else _bracketed(a["score"]),
        ]
        for a in side["anchors"]
    ]
    screen.table(
        "Anchors (* wins; scores in brackets do not count)", columns, rows, right=columns[3:]
    )
    facts = {
        "trend score": side["trend_score"],
        "sector rank": side["sector_rank"],
        "tier": side["tier"],
        "confluence": side["confluence"],
        "raw strength": side["raw_strength"],
        **side["levels"],
        **side["labels"],
    }
    screen.table("Setup", ("fact", "value"), [[k, _number(v)] for k, v in facts.items()])


def _batch(screen: Screen, batch: Mapping[str, Any]) -> None:
    screen.line()
    if not batch["scanned"]:
        screen.line("Batch strategies scan S&P 500 members; this is not one.")
    elif batch["dropped_by"]:
        screen.line(f"Batch strategies: left by {batch['dropped_by']}")
    _conditions(screen, "Batch strategies", batch["strategies"])


def _conditions(screen: Screen, title: str, strategies: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        [
            _named(s),
            "fires" if s["fires"] else "",
            c["rule"],
            _number(c["measured"]),
            "yes" if c["holds"] else "no",
        ]
        for s in strategies
        for c in s["conditions"]
    ]
    columns = ("strategy", "", "condition", "measured", "holds")
    screen.table(title, columns, rows, right=("measured",))


def _signals(screen: Screen, signals: Sequence[Mapping[str, Any]]) -> None:
    columns = ("strategy", "rank", "score", "strength", "weight", "calm", "volume", "left out by")
    rows = [
        [
            _named(s),
            "" if s["rank"] is None else str(s["rank"]),
            *(_number(s[name]) for name in ("score", "strength", "weight", "calm", "volume")),
            s["reason"] or "",
        ]
        for s in signals
    ]
    if rows:
        screen.table("Signals and setups", columns, rows, right=columns[1:-1])


def _gates(screen: Screen, title: str, gates: Sequence[Mapping[str, Any]]) -> None:
    columns = ("stage", "reason", "measured", "wanted", "")
    rows = [
        [g["stage"], g["reason"], _number(g["measured"]), g["threshold"], _mark(g["passed"])]
        for g in gates
    ]
    screen.table(title, columns, rows, right=("measured",))


def _bracketed(score: float | None) -> str:
    """The score that an anchor would have if it were valid."""
    return "-" if score is None else f"({_number(score)})"


def _mark(passed: bool | None) -> str:
    return {True: "pass", False: "FAIL", None: "not asked"}[passed]


def _bar(bar: Mapping[str, Any] | None) -> str:
    if bar is None:
        return "no bars"
    return f"{bar['bars']} bars, last {bar['session']} close {_number(bar['close'])}"


def _named(row: Mapping[str, Any]) -> str:
    return f"{row['strategy']} {row['direction']}"


def _usd(price: float | None) -> str:
    return "-" if price is None else f"{price:,.2f}"


def _number(value: object) -> str:
    """Enough digits to see which side of a threshold it is on."""
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or abs(value) >= 100_000:
        return f"{value:,.0f}"
    return f"{value:,.4f}".rstrip("0").rstrip(".")
