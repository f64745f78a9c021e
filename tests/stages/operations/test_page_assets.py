"""Page assets: what the package carries for its pages, and under which licence."""

from __future__ import annotations

from importlib import resources

from avwap_cli.stages.operations.page_assets import page_assets

FOLDER = resources.files("avwap_cli") / "pages"


def test_no_asset_could_end_the_element_that_holds_it() -> None:
    assets = page_assets()
    for script in (assets.js, assets.library):
        assert "</script" not in script.lower()
        assert "<!--" not in script
    assert "</style" not in assets.css.lower()


def test_the_style_loads_nothing() -> None:
    assert "url(" not in page_assets().css
    assert "@import" not in page_assets().css


def test_the_library_comes_with_its_licence_and_notice() -> None:
    library = page_assets().library
    assert "TradingView Lightweight Charts™ v5.2.1" in library[:200]
    assert "Apache License" in (FOLDER / "LICENSE").read_text("utf-8")
    notice = (FOLDER / "NOTICE").read_text("utf-8")
    assert "https://www.tradingview.com/" in notice
    assert "v5.2.1" in notice
