"""The page of strategies tells the truth, and its pictures show strategies that fire."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from doc_pages import PAGES, ROOT, section, table

from avwap_cli.config import Config, Sources, describe, load
from avwap_cli.home import Home
from avwap_cli.signals.strategies import STRATEGIES

PAGE = PAGES["docs/strategies.md"]
PICTURES = ROOT / "docs" / "pictures"
SVG = "{http://www.w3.org/2000/svg}"
PARAMS = {name: strategy.params_type for name, strategy in STRATEGIES.items()}
SHIPPED: Config = load(Sources(Home(Path("/nonexistent")), PARAMS, {}, None, {}))
DEFAULTS = {row["key"]: row["default"] for row in describe(PARAMS)}
BATCH = [name for name, strategy in STRATEGIES.items() if strategy.fires is not None]
SHOWN = re.findall(r"!\[[^\]]+\]\(pictures/(\w+)\.svg\)", PAGE)
FIGURES = ("entry", "stop", "r1", "r2")


@pytest.fixture(scope="module")
def maker(monkeypatch_module: pytest.MonkeyPatch) -> ModuleType:
    """The script that draws."""
    monkeypatch_module.syspath_prepend(str(ROOT / "scripts"))
    import make_pictures

    return make_pictures


@pytest.fixture(scope="module")
def monkeypatch_module() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        yield patch
    for name in ("make_pictures", "candle_svg"):
        sys.modules.pop(name, None)


def picture(name: str) -> ElementTree.Element:
    return ElementTree.fromstring((PICTURES / f"{name}.svg").read_text(encoding="utf-8"))


def about(name: str) -> dict[str, Any]:
    """What a picture says that it was made from."""
    told = picture(name).findtext(f"{SVG}metadata")
    assert told
    document: dict[str, Any] = json.loads(told)
    return document


def heading_of(name: str) -> str:
    """The section in which a strategy's picture belongs."""
    told = about(name)
    short = told["strategy"] == "avwap" and told["direction"] == "short"
    return "avwap, short" if short else told["strategy"]


def test_every_strategy_has_its_section_and_its_picture() -> None:
    assert len(STRATEGIES) == 6
    for name in STRATEGIES:
        drawn = re.findall(r"pictures/(\w+)\.svg", section(PAGE, name))
        assert drawn, f"{name} has no picture"
        assert {about(one)["strategy"] for one in drawn} == {name}
        assert {about(one)["direction"] for one in drawn} <= {"long", "short"}
    assert set(SHOWN) == {path.stem for path in PICTURES.glob("*.svg")}


@pytest.mark.parametrize("name", SHOWN)
def test_the_words_below_a_picture_are_its_figures(name: str) -> None:
    told = about(name)
    text = section(PAGE, "The anchored VWAP" if name == "anchor" else heading_of(name))
    said = re.search(
        rf"{told['symbol']} on the evening of {told['session']}: (.*?)\.(?:\s|$)", text
    )
    assert said, "the evening is not told"
    figures = dict(re.findall(r"(entry|stop|R1|R2) (\d+\.\d\d)", said[1]))
    expected = {key: told[key] for key in FIGURES if told[key] is not None}
    assert {key.lower(): float(usd) for key, usd in figures.items()} == expected


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_is_small_plain_and_in_words(name: str) -> None:
    assert (PICTURES / f"{name}.svg").stat().st_size < 25_000
    root = picture(name)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "metadata", "style", "rect", "path", "polyline", "line",
                    "circle", "text"}  # fmt: skip
    style = root.findtext(f"{SVG}style") or ""
    assert "url(" not in style
    assert "@import" not in style
    assert "prefers-color-scheme:dark" in style
    words = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    told = about(name)
    assert f"signal day {told['session']}" in words
    levels = dict(re.findall(r"\b(entry|stop|R1|R2) ([\d,]+\.\d\d)", words))
    assert {key.lower() for key in levels} == {key for key in FIGURES if told[key] is not None}
    assert (root.findtext(f"{SVG}desc") or "").startswith("60 daily candles")


@pytest.mark.parametrize("name", SHOWN)
def test_the_levels_of_a_picture_are_in_order(name: str) -> None:
    told = about(name)
    way = 1 if told["direction"] == "long" else -1
    there = [told[key] * way for key in ("stop", "entry", "r1", "r2") if told[key] is not None]
    assert there == sorted(there)
    assert len(set(there)) == len(there) >= 2


def test_figures_of_the_page_are_the_defaults() -> None:
    cited = re.findall(r"`([a-z][\w.]*\.\w+): ([^`]+)`", PAGE)
    assert len(cited) > 60
    wrong = {key: text for key, text in cited if DEFAULTS.get(key) != yaml.safe_load(text)}
    assert wrong == {}


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_figure_of_a_strategy_is_told_in_its_section(name: str) -> None:
    text = section(PAGE, name)
    mine = f"strategies.{name}."
    asked = {
        key
        for key, default in DEFAULTS.items()
        if key.startswith((f"{mine}params.", f"{mine}exit.")) and default is not None
    }
    told = set(re.findall(rf"`({re.escape(mine)}[\w.]+): ", text))
    assert asked - told == set()
    assert f"{mine}entry_group" in told


def test_the_table_of_regimes_is_the_configuration() -> None:
    text = section(PAGE, "Regimes")
    heads = re.search(r"^\| strategy \|(.*)\|$", text, re.M)
    assert heads
    regimes = [head.strip() for head in heads[1].split("|")]
    weights = SHIPPED.rules.regime.weights
    assert set(regimes) == {str(regime) for regime in weights}
    rows = {row[0].strip("`"): [float(cell) for cell in row[1:]] for row in table(text)}
    assert rows == {name: [weights[regime][name] for regime in regimes] for name in STRATEGIES}


def test_the_weights_told_beside_a_strategy_are_of_the_table() -> None:
    weights = SHIPPED.rules.regime.weights
    for name in STRATEGIES:
        line = re.search(r"^- \*\*Counts\*\* (.*?)(?:\n-|\Z)", section(PAGE, name), re.M | re.S)
        assert line, name
        mine = {weights[regime][name] for regime in weights}
        assert {float(n) for n in re.findall(r"0\.\d\d", line[1])} <= mine


def test_the_conditions_named_are_those_asked(maker: ModuleType) -> None:
    found = maker.scanned(*fast_scene(maker))
    for name in BATCH:
        rows = [row[0] for row in table(section(PAGE, name))]
        asked = {one.name for fire in found.fires[name] for one in fire.conditions}
        assert {cell.strip("`") for cell in rows} == asked


def fast_scene(maker: ModuleType) -> tuple[int, Any]:
    """Seed and session of one picture, scanned once for the tests of this file."""
    scene = next(one for one in maker.SCENES if one.name == "rsi_mean_reversion")
    return scene.seed, scene.session


def test_a_strategy_fires_where_its_picture_says(maker: ModuleType) -> None:
    told = about("rsi_mean_reversion")
    scene = next(one for one in maker.SCENES if one.name == "rsi_mean_reversion")
    assert (told["symbol"], told["seed"], told["session"]) == (
        scene.symbol, scene.seed, scene.session.isoformat(),
    )  # fmt: skip
    found, signal = maker.signal_of(scene)
    assert signal.fired
    assert signal.metadata["rsi"] < 30
    assert signal.metadata["pct_b"] < 0.05
    assert signal.metadata["adx"] < 25
    column = found.ground.panel.column(told["symbol"])
    close = float(found.ground.panel.close[-1, column])
    atr = float(found.ground.features.atr[column])
    assert told["entry"] == pytest.approx(close, abs=0.006)
    assert told["stop"] == pytest.approx(close - 2.5 * atr, abs=0.006)
    assert told["r1"] == pytest.approx(close + 3.0 * atr, abs=0.006)


def test_a_reclaim_is_one_by_the_bars_alone(maker: ModuleType) -> None:
    scene = next(one for one in maker.SCENES if one.name == "avwap")
    found, signal = maker.signal_of(scene)
    panel = found.ground.panel
    column = panel.column(about("avwap")["symbol"])
    anchor = panel.sessions.tolist().index(date.fromisoformat(signal.metadata["anchor_session"]))
    paid = shares = 0.0
    for row in range(anchor, panel.depth):
        price = panel.vwap[row, column]
        paid += price * panel.volume[row, column]
        shares += panel.volume[row, column]
    before, close = panel.close[-2, column], panel.close[-1, column]
    assert before <= paid / shares < close
    assert about("avwap")["entry"] == pytest.approx(paid / shares, abs=0.006)
    assert about("avwap")["r1"] - about("avwap")["entry"] == pytest.approx(
        about("avwap")["entry"] - about("avwap")["stop"], abs=0.011
    )


def test_a_scene_that_does_not_fire_is_refused(maker: ModuleType) -> None:
    scene = next(one for one in maker.SCENES if one.name == "rsi_mean_reversion")
    with pytest.raises(LookupError, match="--search rsi_mean_reversion"):
        maker.signal_of(replace(scene, symbol="NONE"))


def test_labels_are_kept_apart(maker: ModuleType) -> None:
    import candle_svg

    placed = candle_svg.spread([100.0, 101.0, 102.0, 300.0], apart=15)
    assert placed == sorted(placed)
    assert min(b - a for a, b in pairwise(placed)) > 14
    assert placed[3] == pytest.approx(300, abs=0.1)


@pytest.mark.soak
def test_every_picture_is_what_the_script_draws(maker: ModuleType) -> None:
    assert {scene.name for scene in maker.SCENES} == set(SHOWN)
    for scene in maker.SCENES:
        shipped = (PICTURES / f"{scene.name}.svg").read_text(encoding="utf-8")
        assert maker.picture(scene) == shipped, scene.name
        assert about(scene.name) == maker.about(scene)
