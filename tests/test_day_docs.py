"""The pages of the day, of Alpaca's set-up and of the reasons tell the truth."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from doc_pages import PAGES, ROOT, first_cells, moment_text, section, table
from played_demos import PlayedDemo
from typer.testing import CliRunner

from avwap_cli import playbook
from avwap_cli.adapters.broker.alpaca_documents import account_of
from avwap_cli.adapters.broker.alpaca_quotes import BEFORE_OPEN, FROM_OPEN, OF_BARS
from avwap_cli.adapters.broker.alpaca_streams import FEEDS
from avwap_cli.adapters.broker.doors import LIVE_ACCOUNT, PAPER_URL
from avwap_cli.cli import app
from avwap_cli.config import Sources, describe, load
from avwap_cli.config.credentials import NAMES
from avwap_cli.home import Home
from avwap_cli.market import sessions
from avwap_cli.review.operations import account_checkups
from avwap_cli.signals.strategies import STRATEGIES

DAY, ALPACA, WHY = (PAGES[f"docs/{name}.md"] for name in ("day", "alpaca", "why"))
INDEX = PAGES["docs/README.md"]
PARAMS = {name: strategy.params_type for name, strategy in STRATEGIES.items()}
DEFAULTS = {row["key"]: str(row["default"]) for row in describe(PARAMS)}
BLOCK = re.compile(r"```\n(.*?)```", re.S)


@pytest.fixture
def in_chicago(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A computer whose clock is Chicago's."""
    with monkeypatch.context() as there:
        there.setenv("TZ", "America/Chicago")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_chicago")
def test_the_agenda_shown_is_what_is_printed(tmp_path: Path) -> None:
    (shown,) = BLOCK.findall(section(DAY, "Your own times"))
    asked, _, said = shown.partition("\n")
    runner = CliRunner()
    assert runner.invoke(app, ["init", str(tmp_path)]).exit_code == 0
    words = asked.removeprefix("$ avwap ").split()
    printed = runner.invoke(app, [*words, "--home", str(tmp_path)]).output
    assert said.split() == printed.split()


def test_the_hours_are_the_playbook() -> None:
    rows = table(section(DAY, "The hours"))
    assert len(rows) == len(playbook.STAGES)
    for (window, command, *_), stage in zip(rows, playbook.STAGES, strict=True):
        assert window == f"{moment_text(stage.opens)}-{moment_text(stage.closes)}"
        assert command == f"`avwap {stage.command}`"


def test_the_half_day_told_is_one() -> None:
    text = section(DAY, "The hours")
    named = re.search(r"On (\d{4}-\d\d-\d\d) the exchange closes at (\d\d:\d\d)", text)
    assert named
    day = date.fromisoformat(named[1])
    assert sessions.is_half_day(day)
    assert f"{sessions.closes_at(day):%H:%M}" == named[2]
    told = dict(re.findall(r"`(boh|monitor)` (?:ends )?at (\d\d:\d\d)", text))
    ends = {
        name: f"{playbook.windows(stage, day)[1]:%H:%M}"
        for name, stage in (("boh", "enter-boh"), ("monitor", "monitor"))
    }
    assert told == ends
    assert f"the report begins at {playbook.windows('report', day)[0]:%H:%M}" in text


def test_the_position_told_is_the_demos(shown_demo: PlayedDemo) -> None:
    (lines,) = BLOCK.findall(section(DAY, "One position"))
    printed = {tuple(line.split()) for line in shown_demo.printed.splitlines()}
    assert len(lines.splitlines()) == 3
    assert [line for line in lines.splitlines() if tuple(line.split()) not in printed] == []


def test_the_names_of_alpacas_keys_are_those_read() -> None:
    named = {row[0].strip("`") for row in table(section(ALPACA, "Keys"))}
    assert named == {name for name in NAMES if name.startswith("ALPACA")} | {LIVE_ACCOUNT}
    for name in NAMES[:2]:
        assert re.search(rf"^{name}=", section(ALPACA, "Keys"), re.M)
    assert f"`{PAPER_URL}`" in ALPACA


def test_the_beginnings_of_keys_are_told() -> None:
    text = section(ALPACA, "Keys")
    secret = "x" * 40
    for kind, other in (("paper", "live"), ("live", "paper")):
        start = re.search(rf"{kind} keys (?:begin )?with `([A-Z]{{2}})`", text)
        assert start
        key = start[1] + "X" * 18
        assert account_checkups.keys(key, secret, kind)[0].state == "ok"
        assert account_checkups.keys(key, secret, other)[0].state == "fail"


def test_the_order_of_feeds_is_the_programs() -> None:
    rows = {row[0]: tuple(re.findall(r"`(\w+)`", row[1])) for row in table(section(ALPACA, "Feeds"))
            if "`" in row[1]}  # fmt: skip
    assert rows["prices before the open"] == BEFORE_OPEN
    assert rows["prices from the open on"] == FROM_OPEN
    assert rows["minute bars"] == OF_BARS == FEEDS
    told = {row[0].strip("`") for row in table(section(ALPACA, "Feeds")) if row[0].startswith("`")}
    assert told == {*BEFORE_OPEN, *FROM_OPEN}


GOOD: dict[str, Any] = {
    "status": "ACTIVE",
    "trading_blocked": False,
    "account_blocked": False,
    "trade_suspended_by_user": False,
    "transfers_blocked": False,
    "pattern_day_trader": False,
    "shorting_enabled": True,
}
BAD = {"status": "INACTIVE", "shorting_enabled": False}
FLAGS = [
    (re.findall(r"`(\w+)`", row[0])[0], row[1], row[2])
    for row in table(section(ALPACA, "The account"))
]


@pytest.mark.parametrize(("flag", "said", "follows"), FLAGS)
def test_a_flag_of_the_account_means_what_the_page_says(flag: str, said: str, follows: str) -> None:
    document = GOOD | ({} if flag == "multiplier" else {flag: BAD.get(flag, True)})
    multiplier = Decimal(1 if flag == "multiplier" else 2)
    (found,) = account_checkups.account(document, Decimal(10_000), multiplier, shorts=True)
    assert found.state == said
    money = dict.fromkeys(("equity", "last_equity", "cash", "buying_power"), "10000")
    heard = account_of({**document, **money, "multiplier": str(multiplier), "account_number": "1"})
    may_enter = heard.status == "ACTIVE" and not heard.blocked
    assert may_enter is ("`live_key`" not in follows)


def test_every_flag_is_told() -> None:
    assert {flag for flag, _, _ in FLAGS} == {*GOOD, "multiplier"}
    (fine,) = account_checkups.account(GOOD, Decimal(10_000), Decimal(2), shorts=True)
    assert fine.state == "ok"


@pytest.mark.parametrize("page", ["docs/alpaca.md", "docs/why.md", "docs/day.md"])
def test_figures_of_these_pages_are_the_defaults(page: str) -> None:
    cited = re.findall(r"`([a-z][\w.]*\.\w+): ([^`]+)`", PAGES[page])
    assert {key: text for key, text in cited if DEFAULTS.get(key) != text} == {}


def test_the_limits_told_beside_words_are_the_defaults() -> None:
    rules = load(Sources(Home(Path("/nonexistent")), PARAMS, {}, None, {})).trading
    assert f"limit {100 * rules.exit.short_stop_collar_frac:g} % above it" in ALPACA
    assert f"{100 * rules.exit.short_stop_collar_low_price_frac:g} % below" in ALPACA
    assert f"below {rules.exit.low_price_usd:g} USD" in ALPACA
    assert f"for up to {rules.entry.resolve_s:g} seconds" in WHY
    assert f"Within {100 * rules.entry.gap.threshold_frac:g} % of the close" in DAY
    assert f"below {account_checkups.DAY_TRADER_USD:,} USD" in ALPACA


def test_every_reason_has_its_price_and_where_to_read_on() -> None:
    parts = re.split(r"^### ", WHY.split("\n## Beside others")[0], flags=re.M)[1:]
    assert len(parts) >= 16
    for part in parts:
        title, _, text = part.partition("\n")
        assert "*Price:*" in text, title
        read_on = text.partition("*Read on:*")[2]
        assert re.search(r"\]\([\w./#-]+\)", read_on), title


def test_others_are_named_with_a_version_and_a_source() -> None:
    rows = table(section(WHY, "Beside others"))
    assert [row[0].split()[0] for row in rows] == ["freqtrade", "LEAN", "NautilusTrader", "Lumibot"]
    for row in rows:
        assert re.search(r"\d+\.\d+|\d{4}-\d\d-\d\d", row[0])
        assert "](https://" in row[0]


def test_the_index_names_every_page_once() -> None:
    named = re.findall(r"^\| \[([\w-]+\.md)\]\(\1\)", INDEX, re.M)
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert sorted(named) == sorted(pages)
    assert "(docs/README.md)" in PAGES["README.md"]


def test_the_index_begins_where_a_new_reader_begins() -> None:
    first = INDEX.split("To look things up:")[0]
    order = re.findall(r"^\| \[([\w-]+)\.md\]", first, re.M)
    assert order[:3] == ["start", "day", "strategies"]
    assert first_cells(first) == set()
