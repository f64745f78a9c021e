"""The pages of the trading day tell the truth: their lists, figures, windows and examples."""

from __future__ import annotations

import re
import sqlite3
import tomllib
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from doc_pages import PAGES, ROOT, first_cells, moment_text, section, table

from avwap_cli import playbook
from avwap_cli.adapters.broker.doors import LIVE_ACCOUNT, LIVE_URL, checked_door
from avwap_cli.adapters.ledger.ledger_shelf import KEPT
from avwap_cli.adapters.ledger.ledger_tables import TABLES
from avwap_cli.adapters.ledger.sqlite_ledger import SqliteLedger
from avwap_cli.config import Config, Sources, describe, load
from avwap_cli.errors import ConfigError
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.review.stage_notices import FAILED, WINDOW
from avwap_cli.settings import BrokerSettings
from avwap_cli.signals.rules import ExitRules
from avwap_cli.signals.strategies import STRATEGIES
from avwap_cli.stages.day.host_clock import KEY as CLOCK
from avwap_cli.stages.day.passes import THOROUGH_EVERY
from avwap_cli.stages.day.split_days import STOP_LEAVES_BEFORE_CLOSE
from avwap_cli.stages.operations.tick import WAITS
from avwap_cli.trading.attempts import BY_THE_BAR, PLACES, TRANSIENT
from avwap_cli.trading.departures import QUIET_RETRIES
from avwap_cli.trading.entry_windows import entry_spans
from avwap_cli.trading.facts import HaltLevel
from avwap_cli.trading.gap_checks import GapReason
from avwap_cli.trading.intents import LONGEST_ID, role_of
from avwap_cli.trading.notices import QUIET, STATES
from avwap_cli.trading.order_records import NOT_TAKEN, OrderState
from avwap_cli.trading.plans import Plan
from avwap_cli.trading.protections import LONGEST_RETRIES, RETRIES
from avwap_cli.trading.reconciliation import DifferenceKind
from avwap_cli.trading.refusals import RefusalName
from avwap_cli.trading.sizing import Cap, Means, size
from avwap_cli.verdicts import ExitReason, Gate, HoldReason

README, REASONS = PAGES["README.md"], PAGES["docs/reasons.md"]
TRADING, LEDGER, LIVE = (PAGES[f"docs/{name}.md"] for name in ("trading", "ledger", "going-live"))
FULL_DAY = date(2026, 11, 23)
PROMISE = (
    "at most one submission per intent, and guaranteed detection of what differs; "
    "not exactly-once against a live venue"
)
PARAMS = {name: strategy.params_type for name, strategy in STRATEGIES.items()}
SHIPPED: Config = load(Sources(Home(Path("/nonexistent")), PARAMS, {}, None, {}))
RULES = SHIPPED.trading
ENTRY, RISK, EXIT, MONITOR = RULES.entry, RULES.risk, RULES.exit, RULES.monitor


def flat(text: str) -> str:
    """The text on one line, without marks."""
    return re.sub(r"\s+", " ", text.replace("*", "").replace("`", ""))


def words(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_the_gates_are_told_in_the_order_asked() -> None:
    asked = [row[0].strip("`") for row in table(section(TRADING, "Gates"))]
    assert asked == [str(gate) for gate in Gate]
    denied = [row[0].strip("`") for row in table(section(REASONS, "Why an entry was denied"))]
    assert denied == asked
    assert f"[{len(Gate)} gates]" in README
    assert f"past {len(Gate)} gates" in PAGES["CHANGELOG.md"]


def test_the_gates_that_may_pass_are_named() -> None:
    text = section(TRADING, "Gates")
    for pattern, gates in (
        (r"^A no of (.*?) may pass", TRANSIENT),
        (r"asked about again\. A no of (.*?) is asked", PLACES),
        (r"`boh` asks (.*?) again every time", BY_THE_BAR),
    ):
        found = re.search(pattern, text, re.M | re.S)
        assert found, pattern
        assert set(words(found[1])) == {str(gate) for gate in gates}


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("Why a candidate did not pass the gap filter", set(GapReason)),
        ("Why a position was closed", {*ExitReason, *HoldReason}),
        ("Why the broker refused", set(RefusalName)),
    ],
)
def test_every_reason_of_the_day_is_told_and_no_other(heading: str, names: set[str]) -> None:
    assert first_cells(section(REASONS, heading)) == {str(name) for name in names}


def test_every_reason_to_leave_has_its_rule() -> None:
    text = section(TRADING, "Exits")
    assert {str(r) for r in (*ExitReason, HoldReason.DAY_SKIP)} - set(words(text)) == set()
    assert set(words(section(REASONS, "Why the broker refused"))) >= set(NOT_TAKEN)


@pytest.mark.parametrize(("page", "at_least"), [("docs/trading.md", 60), ("docs/ledger.md", 2)])
def test_figures_of_the_day_are_the_defaults(page: str, at_least: int) -> None:
    defaults = {row["key"]: row["default"] for row in describe(PARAMS)}
    cited = re.findall(r"`([a-z][\w.]*\.\w+): ([^`]+)`", PAGES[page])
    assert len(cited) >= at_least
    wrong = {key: text for key, text in cited if defaults.get(key) != yaml.safe_load(text)}
    assert wrong == {}


RESENT = " and ".join(
    (", ".join(f"{s:g}" for s in ENTRY.retry_waits_s[:-1]), f"{ENTRY.retry_waits_s[-1]:g}")
)
NUMBERS = ("none", "one", "two", "three", "four", "five")
TRAIL_MIN = EXIT.avwap_trail_every_s / 60
QUIET_MIN = EXIT.retry_after_s * QUIET_RETRIES / 60
SPLIT_MIN = STOP_LEAVES_BEFORE_CLOSE / timedelta(minutes=1)
PAUSE_MIN = EXIT.retry_after_s / 60
FIRST_WAITS = [f"{wait / timedelta(minutes=1):g}" for wait in WAITS]


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("docs/trading.md", f"this morning lies more than {ENTRY.gap.threshold_frac:.0%}"),
        ("docs/trading.md", f"at most {ENTRY.gap.max_age_s / 60:g} minutes old"),
        ("docs/trading.md", f"may be {ENTRY.confirm.max_age_s:g} seconds old"),
        ("docs/trading.md", f"last two closed {ENTRY.breakout.bar_minutes}-minute bars"),
        ("docs/trading.md", f"at least {ENTRY.breakout.volume_frac}"),
        ("docs/trading.md", f"volume of the {ENTRY.breakout.volume_bars} bars"),
        ("docs/trading.md", f"at most {ENTRY.breakout.limit_frac:.2%} beyond"),
        ("docs/trading.md", f"boh: {NUMBERS[ENTRY.breakout.max_attempts]}; else one"),
        ("docs/trading.md", f"not filled after {ENTRY.cancel_after_s:g} seconds"),
        ("docs/trading.md", f"canceled after {ENTRY.cancel_partial_after_s:g} seconds"),
        ("docs/trading.md", f"a pass every {ENTRY.pass_every_s:g} seconds"),
        ("docs/trading.md", f"at most {ENTRY.passes_s:g} seconds"),
        ("docs/trading.md", f"Absent for {ENTRY.resolve_s:g} seconds"),
        ("docs/trading.md", f"absent for {ENTRY.resolve_s:g} s,"),
        ("docs/trading.md", f"again after {RESENT} seconds"),
        ("docs/trading.md", f"{NUMBERS[RISK.max_refusals]} refused entries"),
        ("docs/trading.md", f"Shorts take {RISK.short_size_frac} of it"),
        ("docs/trading.md", f"1 - distance / {RISK.avwap_full_distance_pct:g}"),
        ("docs/trading.md", f"Below 1 share or {RISK.min_notional_usd:g} USD"),
        ("docs/trading.md", f"an account of {RISK.min_short_equity_usd:,.0f} USD"),
        ("docs/trading.md", f"{MONITOR.busy_s:g} seconds later while something"),
        ("docs/trading.md", f"{NUMBERS[int(MONITOR.busy_for_s / 60)]} minutes after the open"),
        ("docs/trading.md", f"else {MONITOR.idle_s:g} seconds later"),
        ("docs/trading.md", f"says nothing for {MONITOR.silent_s:g} seconds"),
        ("docs/trading.md", f"after {MONITOR.silent_s:g} seconds bars are asked for"),
        ("docs/trading.md", f"a bar for {EXIT.no_bar_s / 60:g} minutes"),
        ("docs/trading.md", f"not traded for {EXIT.no_bar_s / 60:g} minutes"),
        ("docs/trading.md", f"a loss of {EXIT.emergency_frac:.0%} on one minute bar"),
        ("docs/trading.md", f"or of {EXIT.emergency_twice_frac:.0%} on two in a row"),
        ("docs/trading.md", f"entry day: {EXIT.emergency_frac:.0%} from the average"),
        ("docs/trading.md", f"more than {EXIT.average_tolerance_frac:.0%} apart"),
        ("docs/trading.md", f"not filled after {EXIT.trim_wait_s:g} seconds"),
        ("docs/trading.md", f"tried again after {EXIT.retry_after_s:g} seconds"),
        ("docs/trading.md", f"at most every {TRAIL_MIN:g} minutes"),
        ("docs/trading.md", f"after {NUMBERS[RETRIES]} in a row with a pause that doubles"),
        ("docs/trading.md", f"{PAUSE_MIN:g} minute up to {PAUSE_MIN * LONGEST_RETRIES:g}, and"),
        ("docs/trading.md", f"was {EXIT.trail_from_atr:g} ATR in favour"),
        ("docs/trading.md", f"in work for {RISK.protect_within_s:g} seconds"),
        ("docs/trading.md", f"stays pending for {EXIT.stuck_cancel_s:g} seconds"),
        ("docs/trading.md", f"a limit {EXIT.short_stop_collar_frac:.1%} above"),
        ("docs/trading.md", f"{EXIT.short_stop_collar_low_price_frac:.0%} below"),
        ("docs/trading.md", f"without one every {QUIET_MIN:g} minutes"),
        ("docs/trading.md", f"canceled {SPLIT_MIN:g} minutes before the close"),
        ("docs/ledger.md", f"second reading {RISK.recheck_after_s:g} seconds later"),
        ("docs/ledger.md", f"More than {NUMBERS[RISK.max_differing_symbols]} symbols"),
        ("docs/ledger.md", f"every {NUMBERS[THOROUGH_EVERY.seconds // 60]} minutes all"),
        ("docs/ledger.md", f"The last {KEPT} are kept"),
        ("docs/ledger.md", f"at most {LONGEST_ID} characters"),
        ("docs/faq.md", f"asked for again every {EXIT.stuck_cancel_s:g} seconds"),
        ("docs/faq.md", f"With {RISK.min_notional_usd:g} USD as the least order"),
        ("docs/going-live.md", f"after {', '.join(FIRST_WAITS[:-1][:2])}, {FIRST_WAITS[2]} and"),
        ("README.md", f"gapped more than {ENTRY.gap.threshold_frac:.0%}"),
        ("README.md", f"At most {RISK.max_new_per_session} new positions a day"),
        ("README.md", f"{RISK.max_open} in all, {RISK.risk_frac:.0%} of equity at risk"),
    ],
)
def test_figures_in_words_are_the_defaults(page: str, sentence: str) -> None:
    assert re.sub(r"(\d)%", r"\1 %", sentence) in flat(PAGES[page])


def test_the_days_windows_are_the_playbooks() -> None:
    rows = {
        row[1].strip("`").removeprefix("avwap "): row[0]
        for row in table(section(TRADING, "The day"))
    }
    assert rows.pop("scan")
    expected = {
        stage.command: f"{moment_text(stage.opens)}-{moment_text(stage.closes)}"
        for stage in playbook.STAGES
        if stage.trades or stage.group
    }
    assert rows == expected


def test_the_groups_have_their_windows_and_strategies() -> None:
    for group, when, _, names in table(section(TRADING, "Groups")):
        spans = entry_spans(group.strip("`"), FULL_DAY)
        assert when == " and ".join(
            f"{a.astimezone(sessions.EASTERN):%H:%M:%S}-{b.astimezone(sessions.EASTERN):%H:%M:%S}"
            for a, b in spans
        )
        mine = {n for n, s in SHIPPED.rules.strategies.items() if s.entry_group == group.strip("`")}
        assert set(words(names)) == mine


def closing_words(exits: ExitRules) -> str:
    """What the closes decide, as the table says it."""
    told = [
        ("long RSI >", exits.long_rsi_above),
        ("short RSI <", exits.short_rsi_below),
        ("short pct_b <", exits.short_pct_b_below),
    ]
    return ", ".join(f"{text} {figure:g}" for text, figure in told if figure is not None) or "-"


def atr_words(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.1f} ATR"


def test_the_table_of_strategies_is_the_configuration() -> None:
    rows = {row[0].strip("`"): row[1:] for row in table(section(TRADING, "Strategies"))}
    strategies = SHIPPED.rules.strategies
    assert rows.keys() == strategies.keys()
    for name, (group, stop, target, trail, closes, longest) in rows.items():
        exits = strategies[name].exit
        assert group.strip("`") == strategies[name].entry_group
        assert closes == closing_words(exits)
        assert longest == str(exits.max_hold_sessions)
        if name == "avwap":
            assert (stop, target, trail) == ("the plan's", "R1 and R2", "after R2")
            continue
        at_most = f", at most {exits.max_stop_frac:.0%}" if exits.max_stop_frac else ""
        assert stop == atr_words(exits.sl_atr_mult) + at_most.replace("%", " %")
        assert target == atr_words(exits.tp_atr_mult)
        assert trail == atr_words(exits.trailing_atr_mult)


def test_shorts_come_from_the_strategies_named() -> None:
    found = re.search(r"^Shorts come from (.*?)\.", section(TRADING, "Shorts"), re.M | re.S)
    assert found
    shorting = {name for name, s in SHIPPED.rules.strategies.items() if s.shorts}
    assert set(words(found[1])) == shorting


def plan(direction: int) -> Plan:
    """That of the page's example."""
    exits = SHIPPED.rules.strategies["rsi_mean_reversion"].exit
    return Plan(
        session=FULL_DAY,
        rank=1,
        symbol="XZQW",
        strategy="rsi_mean_reversion",
        direction=direction,
        group="moo",
        sector="Energy",
        prev_close=Decimal(100),
        atr=Decimal(2),
        sl_atr_mult=Decimal(str(exits.sl_atr_mult)),
        max_stop_frac=None,
        tp_atr_mult=Decimal(3),
        trailing_atr_mult=None,
        max_hold_sessions=5,
        entry=Decimal(100),
        stop=None,
        r1=None,
        r2=None,
        dist_pct=None,
        weight=Decimal(str(SHIPPED.rules.regime.weights["RANGING"]["rsi_mean_reversion"])),
    )


def test_the_example_of_sizing_is_what_sizing_says() -> None:
    text = section(TRADING, "Sizing")
    means = Means(Decimal(50_000), Decimal(100_000), Decimal(0))
    long = size(plan(1), Decimal(100), means, RISK)
    short = size(plan(-1), Decimal(100), means, RISK)
    example = text.partition("**Example.**")[2]
    at_most = {
        Cap.RISK: 50_000 * RISK.risk_frac / float(100 - long.stop),
        Cap.POSITION: 50_000 * RISK.max_position_frac / 100,
        Cap.STRATEGY: 50_000 * float(plan(1).weight) / 100,
        Cap.BUYING_POWER: 100_000 / (RISK.buying_power_margin * 100),
    }
    assert {name.strip("`"): int(n) for name, _, n in table(example)} == {
        str(cap): int(shares) for cap, shares in at_most.items()
    }
    assert long.cap is min(at_most, key=at_most.__getitem__)
    assert f"It buys {long.shares} shares." in example
    assert f"would sell {short.shares}:" in example
    assert f"(weight {plan(1).weight})" in example
    assert f"at {long.stop:.2f}." in example


def test_the_orders_life_shows_every_state() -> None:
    text = section(TRADING, "An order's life")
    assert [state for state in OrderState if state.upper() not in text] == []


def test_every_table_of_the_ledger_is_told() -> None:
    assert first_cells(section(LEDGER, "Tables")) == {one.name for one in TABLES}


def test_the_questions_to_the_ledger_can_be_asked(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    SqliteLedger.open(path, "PA1").close()
    asked = re.findall(r'\$L "([^"]+)"', section(LEDGER, "Reading it"))
    assert len(asked) > 5
    connection = sqlite3.connect(path)
    try:
        for text in asked:
            assert connection.execute(text).fetchall() == []
    finally:
        connection.close()


def test_the_id_shown_is_one_of_ours() -> None:
    shown = re.search(r"^(\S+\.entry\.\d+)$", section(LEDGER, "Ids"), re.M)
    assert shown
    assert role_of(shown[1]) is not None


def test_differences_and_halts_are_told() -> None:
    told = first_cells(section(LEDGER, "Reconciling"))
    assert told == {str(kind) for kind in DifferenceKind}
    levels = {str(level) for level in HaltLevel} - {HaltLevel.NONE}
    assert first_cells(section(LEDGER, "Halts")) == levels


def test_every_kind_of_alert_is_told() -> None:
    events = {"broker", CLOCK, "scan", "entry", "exit", "refusal", "acceptance"}
    told = first_cells(section(PAGES["docs/artifacts.md"], "alerts.jsonl"))
    assert told == (set(STATES) - set(QUIET)) | {FAILED, WINDOW} | events


def test_the_three_keys_of_live_money_are_all_needed() -> None:
    rows = section(LIVE, "Live")
    assert f"`broker.url: {LIVE_URL}`" in rows
    assert f"`{LIVE_ACCOUNT}`" in rows
    assert f"`broker.mode: {SHIPPED.broker.mode}`" in section(LIVE, "Paper")

    def door(mode: str, url: str, account: str) -> str:
        settings = BrokerSettings(mode, url, "", 20, (), (), 190)  # type: ignore[arg-type]
        return checked_door(settings, "PKANY", {LIVE_ACCOUNT: account}).name

    assert door("live", LIVE_URL, "123456789") == "live"
    for missing in [("live", "", "123456789"), ("live", LIVE_URL, "")]:
        with pytest.raises(ConfigError):
            door(*missing)
    assert door("paper", "", "123456789") == "paper"


@pytest.mark.parametrize("page", ["README.md", "docs/faq.md"])
def test_the_promise_is_in_its_words(page: str) -> None:
    assert PROMISE in flat(PAGES[page])


@pytest.mark.parametrize("page", sorted(PAGES))
def test_no_page_promises_more(page: str) -> None:
    text = flat(PAGES[page]).lower()
    before = [text[max(0, m.start() - 20) : m.start()] for m in re.finditer("exactly.once", text)]
    assert [words for words in before if "not " not in words and "never " not in words] == []


def test_the_layers_of_the_architecture_are_the_contract() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = contract["tool"]["importlinter"]["contracts"][0]["layers"]
    shown = section(PAGES["docs/architecture.md"], "Layers").splitlines()
    assert [line.strip() for line in shown if line.startswith("    ")] == layers[1:]


@pytest.mark.parametrize("room", ["trading", "stages", "review"])
def test_every_module_of_a_room_is_named(room: str) -> None:
    text = section(PAGES["docs/architecture.md"], "The rooms")
    paragraphs = [p for p in text.split("\n\n") if p.startswith(f"**{room}/")]
    named = set(re.findall(r"`(\w+)", " ".join(paragraphs)))
    modules = {path.stem for path in (ROOT / "avwap_cli" / room).rglob("[!_]*.py")}
    assert modules - named == set()


def test_the_functions_of_an_orders_journey_are_there() -> None:
    text = section(PAGES["docs/architecture.md"], "One order's journey")
    journey = re.findall(r"`(?:[a-z]+\.)?([a-z_]+)\.([a-z_]+)`", text)
    assert len(journey) > 15
    package = ROOT / "avwap_cli"
    missing = {
        f"{module}.{name}"
        for module, name in journey
        if not any(
            f"\ndef {name}(" in path.read_text(encoding="utf-8")
            for path in package.rglob(f"{module}.py")
        )
    }
    assert missing == set()
