"""Commands that set up: a home, its configuration, bars in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from avwap_cli.commands.front import SETUP, Session, app, set_up
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.options import command
from avwap_cli.terminal.outcome_text import show
from avwap_cli.terminal.screen import Screen, value_text
from avwap_cli.wiring.desk import Desk

config_app = typer.Typer(help="See and check the configuration.", no_args_is_help=True)
app.add_typer(config_app, name="config", rich_help_panel=SETUP)


@set_up("init", examples="avwap init\navwap init ~/avwap")
def init(
    desk: Desk,
    screen: Screen,
    folder: Annotated[Path | None, typer.Argument(help="Where (default: here).")] = None,
) -> None:
    """Make a home: configuration, example of .env, crontab lines, folders."""
    from avwap_cli.use_cases.host import make_home_at

    made = make_home_at(desk, Path.cwd() if folder is None else folder)
    if screen.as_json:
        screen.document({"home": str(made.home.root), "wrote": made.wrote, "left": made.left})
    else:
        screen.line(made.summary)


@set_up("import", examples="avwap import bars.csv\navwap import a.parquet b.parquet --replace")
def import_bars(
    desk: Desk,
    screen: Screen,
    files: Annotated[list[Path], typer.Argument(help="CSV or Parquet in long form.")],
    replace_all: Annotated[bool, typer.Option("--replace", help="Empty the cache first.")] = False,
) -> Outcome:
    """Take your own daily bars into the cache, after the same checks as a download."""
    from avwap_cli.use_cases.bars import bring_in

    return show(screen, bring_in(desk, files, replace_all))


@set_up("export", examples="avwap export bars.csv\navwap export spy.parquet --symbol SPY")
def export_bars(
    desk: Desk,
    screen: Screen,
    out: Annotated[Path, typer.Argument(help="File to write: .csv or .parquet.")],
    symbol: Annotated[
        list[str] | None, typer.Option("--symbol", help="Only this one; may be repeated.")
    ] = None,
) -> Outcome:
    """Write the cache's bars into one file."""
    from avwap_cli.use_cases.bars import take_out

    return show(screen, take_out(desk, out, symbol or []))


@set_up("calibrate", examples="avwap calibrate --out reference.yaml --first 2022-03-01")
def calibrate(
    desk: Desk,
    screen: Screen,
    out: Annotated[Path, typer.Option("--out", help="YAML file to write.")],
    first: Annotated[str, typer.Option("--first", help="First session to sample setups at.")],
    every: Annotated[int, typer.Option("--every", help="Sessions between samples.", min=1)] = 10,
    session: Session = None,
) -> Outcome:
    """Measure the reference strengths of every strategy from the bar cache."""
    from avwap_cli.use_cases.bars import calibrated

    return show(screen, calibrated(desk, session, first, every, out))


@command(config_app, "show", panel=SETUP, examples="avwap config show --origin")
def config_show(
    desk: Desk,
    screen: Screen,
    origin: Annotated[bool, typer.Option("--origin", help="Where each value came from.")] = False,
) -> None:
    """Show every value in force; secrets are masked."""
    rows = [*desk.config.settings, *desk.secrets.masked()]
    if screen.as_json:
        keys = {r.key: {"value": r.value, "origin": r.origin} for r in rows}
        screen.document({"hash": desk.config.hash, "settings": keys})
        return
    columns = ("key", "value", "origin") if origin else ("key", "value")
    cells = [[r.key, value_text(r.value), r.origin][: len(columns)] for r in rows]
    screen.table("Configuration", columns, cells)


@command(config_app, "check", panel=SETUP, examples="avwap config check")
def config_check(desk: Desk, screen: Screen) -> int:
    """Check every file and variable; list all that is wrong."""
    from avwap_cli.config import check
    from avwap_cli.errors import ConfigError
    from avwap_cli.use_cases.conduct import must_be_home

    must_be_home(desk)
    problems = check(desk.sources)
    if screen.as_json:
        screen.document({"problems": list(problems)})
    for problem in problems if not screen.as_json else ():
        screen.warnings([problem])
    if not problems and not screen.as_json:
        screen.line(f"the configuration of {desk.home.root} is fine")
    return ConfigError.exit_code if problems else 0
