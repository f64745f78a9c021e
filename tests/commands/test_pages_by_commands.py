"""`avwap chart` and `avwap report --from` as a person types them, in the demo's evening."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from played_demos import PlayedDemo
from typer.testing import CliRunner

from avwap_cli.adapters.session_archives import SessionArchives
from avwap_cli.cli import app

NIGHT = ("--now", "2026-11-20T20:15")
AS_OF = "2026-11-20"
NEXT = "2026-11-23"
DAY_AFTER = ("--now", "2026-11-23T16:20")


def run(home: Path, *words: str, now: tuple[str, str] = NIGHT) -> Any:
    return CliRunner().invoke(app, [*words, "--home", str(home), *now])


def told(home: Path, *words: str, now: tuple[str, str] = NIGHT) -> dict[str, Any]:
    result = run(home, *words, "--json", now=now)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture(scope="module")
def candidates(demo_home: Path) -> list[dict[str, Any]]:
    path = demo_home / "outputs" / "sessions" / NEXT / "scan.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["candidates"]
    return rows


def chart_of(home: Path, symbol: str, tmp_path: Path, *words: str) -> dict[str, Any]:
    said = told(home, "chart", symbol, "--out", str(tmp_path / "page.html"), *words)
    body, warnings = said["body"], said["warnings"]
    facts, row = body["facts"], body["candidate"]
    return dict(body["chart"], facts=facts, candidate=row, warnings=warnings)


def test_every_candidates_winner_ends_at_the_average_that_the_scan_told(
    demo_home: Path, candidates: list[dict[str, Any]], tmp_path: Path
) -> None:
    seen = 0
    for row in candidates:
        if row["strategy"] != "avwap":
            continue
        chart = chart_of(demo_home, row["symbol"], tmp_path)
        winner = [line for line in chart["lines"] if line["tone"] == "winner"]
        assert len(winner) == 1
        measured = row["metadata"]
        assert winner[0]["name"] == f"{measured['anchor']} {measured['anchor_session']}"
        assert winner[0]["points"][-1] == [AS_OF, pytest.approx(measured["avwap"], abs=6e-5)]
        prices = {level["name"]: level["price"] for level in chart["levels"]}
        assert prices == {
            name: pytest.approx(row[name.lower()], abs=6e-5)
            for name in ("entry", "stop", "R1", "R2")
        }
        seen += 1
    assert seen >= 2


def test_a_candidates_close_is_the_last_candle_and_its_name_stands_on_the_page(
    demo_home: Path, candidates: list[dict[str, Any]], tmp_path: Path
) -> None:
    row = next(row for row in candidates if row["strategy"] != "avwap")
    chart = chart_of(demo_home, row["symbol"], tmp_path)
    assert chart["candles"][-1]["at"] == AS_OF
    assert chart["candles"][-1]["close"] == pytest.approx(row["prev_close"], abs=6e-5)
    assert {line["tone"] for line in chart["lines"]} == {"average"}
    assert chart["facts"]["in the scan"].startswith(f"candidate {row['rank']} of")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert row["symbol"] in page
    assert page.startswith("<!doctype html>")


def test_any_session_of_the_cache_is_drawn_without_what_came_later(
    demo_home: Path, candidates: list[dict[str, Any]], tmp_path: Path
) -> None:
    symbol = candidates[0]["symbol"]
    now = chart_of(demo_home, symbol, tmp_path)
    past = chart_of(demo_home, symbol, tmp_path, "--session", "2026-11-02")
    assert past["candles"][-1]["at"] == "2026-10-30"
    later = {candle["at"]: candle for candle in now["candles"]}
    shared = [candle for candle in past["candles"] if candle["at"] in later]
    assert len(shared) > 200
    assert [later[candle["at"]] for candle in shared] == shared
    assert max(at for line in past["lines"] for at, _ in line["points"]) == "2026-10-30"
    assert past["candidate"] is None
    (warning,) = past["warnings"]
    assert warning == (
        "there is no scan of 2026-11-02: levels and anchors are measured anew from the bars up to"
        " 2026-10-30, with today's configuration; nothing later is in them"
    )
    assert now["warnings"] == []


def test_a_fund_is_drawn_too_and_a_second_run_changes_nothing(
    demo_home: Path, tmp_path: Path
) -> None:
    out = str(tmp_path / "spy.html")
    first = told(demo_home, "chart", "spy", "--out", out)
    assert (first["state"], first["body"]["symbol"], first["body"]["page"]) == ("done", "SPY", out)
    assert len(first["body"]["chart"]["candles"]) == 250
    again = told(demo_home, "chart", "SPY", "--out", out)
    assert again["state"] == "unchanged"
    assert again["summary"].endswith("the same as before, nothing changed")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("chart", "../x"), 2, "is not a symbol"),
        (("chart", "QQQQQQ"), 4, "the bar cache has no bar of QQQQQQ"),
        (("chart", "SPY", "--session", "2026-12-07"), 2, "has not come"),
        (("chart", "SPY", "--profile", "none"), 2, "there is no profile"),
        (("chart", "SPY", "--out", "not/there/page.html"), 2, "is not a folder"),
        (("report", "--from", NEXT), 2, "comes after"),
        (("report", "--from", AS_OF, "--to", NEXT), 2, "is not over"),
        (("report", "--to", AS_OF), 2, "needs --from"),
        (("report", "--session", AS_OF, "--from", AS_OF), 2, "needs --from"),
        (("report", "--from", "2026-11-21"), 2, "2026-11-21"),
    ],
)
def test_what_cannot_be_drawn_says_what_and_why(
    demo_home: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    result = run(demo_home, *words)
    assert result.exit_code == code, result.output
    assert said in result.output


@pytest.fixture
def own_home(demo_home: Path, tmp_path: Path) -> Path:
    """A home of its own with the demo's bars and its evening."""
    home = tmp_path / "home"
    for part in ("config", "outputs", "cache"):
        shutil.copytree(demo_home / part, home / part)
    return home


def test_without_a_ledger_or_keys_the_pages_are_made_of_what_there_is(own_home: Path) -> None:
    page = own_home / "outputs" / "sessions" / AS_OF / "report.html"
    outcome = told(own_home, "report")
    assert (outcome["trade_session"], outcome["exit_code"]) == (AS_OF, 0)
    assert outcome["body"]["page"] == str(page)
    assert "there is no ledger" in " ".join(outcome["body"]["missing"])
    week = told(own_home, "report", "--from", "2026-11-16")
    path = own_home / "outputs" / f"report-2026-11-16-{AS_OF}.html"
    assert week["body"]["page"] == str(path)
    assert page.read_text("utf-8") != path.read_text("utf-8")
    assert told(own_home, "report", "--from", "2026-11-16")["state"] == "unchanged"


def test_a_chart_lies_in_the_home_and_a_lost_cache_is_named(own_home: Path) -> None:
    where = own_home / "outputs" / "charts" / f"SPY-{AS_OF}.html"
    assert told(own_home, "chart", "SPY")["body"]["page"] == str(where)
    assert where.is_file()
    shutil.rmtree(own_home / "cache" / "bars")
    lost = run(own_home, "chart", "SPY")
    assert lost.exit_code == 4
    assert "cache" in lost.output
    outcome = told(own_home, "report")
    assert "no daily charts" in " ".join(outcome["body"]["missing"])


def test_bars_that_are_others_than_the_scan_saw_are_told(
    own_home: Path, candidates: list[dict[str, Any]]
) -> None:
    first = told(own_home, "report", now=DAY_AFTER)
    assert (first["trade_session"], first["counts"]["candidates"]) == (NEXT, len(candidates))
    told_of_bars = [w for w in first["warnings"] if "bars" in w and "minute" not in w]
    assert told_of_bars == []
    path = own_home / "outputs" / "sessions" / NEXT / "scan.json"
    scan = json.loads(path.read_text("utf-8"))
    scan["inputs"]["bars"] = "0" * 64
    scan["candidates"][0]["prev_close"] *= 2
    path.write_text(json.dumps(scan), encoding="utf-8")
    second = told(own_home, "report", now=DAY_AFTER)
    assert second["state"] == "done"
    symbol = candidates[0]["symbol"]
    assert [w for w in second["warnings"] if w.startswith(f"{symbol}: the bars")] != []
    assert "bars were revised since the scan; charts show the new ones" in second["warnings"]


def test_a_chart_overwrites_nothing_that_is_no_page(demo_home: Path, tmp_path: Path) -> None:
    keys = tmp_path / ".env"
    keys.write_text("ALPACA_API_KEY=mine")
    words = ["chart", "SPY", "--home", str(demo_home), "--now", "2026-11-20T20:30"]
    result = CliRunner().invoke(app, [*words, "--out", str(keys)])
    assert result.exit_code == 2
    assert "name a file that ends in .html" in result.output
    assert keys.read_text() == "ALPACA_API_KEY=mine"


def test_a_packed_session_keeps_its_page_and_gets_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "outputs" / "sessions" / AS_OF
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<p>day</p>")
    archives = SessionArchives(tmp_path / "outputs")
    archives.pack(date.fromisoformat(AS_OF))
    result = CliRunner().invoke(
        app, ["report", "--session", AS_OF, "--home", str(tmp_path), *DAY_AFTER]
    )
    assert result.exit_code == 4
    assert f"{AS_OF} is packed, its page too" in result.output
    assert f"archive/{AS_OF}.tar.gz" in result.output
    assert not folder.exists()
    assert archives.read(date.fromisoformat(AS_OF)) == {"report.html": b"<p>day</p>"}


def test_a_page_is_not_replaced_by_one_of_a_mode_without_its_ledger(
    shown_demo: PlayedDemo, tmp_path: Path
) -> None:
    home = Path(shutil.copytree(shown_demo.home.root, tmp_path / "home"))
    page = home / "outputs" / "sessions" / "2026-11-23" / "report.html"
    before = page.read_bytes()
    words = ["report", "--home", str(home), "--now", "2026-11-23T16:20"]
    result = CliRunner().invoke(app, [*words, "--set", "broker.mode=paper"])
    assert result.exit_code == 4
    assert "--set broker.mode=exchange" in result.output
    assert page.read_bytes() == before
