"""Page assets: what every page carries with it, read from the package."""

from __future__ import annotations

from importlib import resources

from avwap_cli.review.pages.report_records import Assets

FOLDER = "pages"
LIBRARY = "lightweight-charts.standalone.production.js"


def page_assets() -> Assets:
    """The style, the script and the charts' library, as text."""
    folder = resources.files("avwap_cli") / FOLDER
    css, js, library = (
        (folder / name).read_bytes().decode("utf-8")
        for name in ("report.css", "report.js", LIBRARY)
    )
    return Assets(css=css, js=js, library=library)
