"""Options that every command takes, written once.

`command` makes a Typer command of a function whose first argument is a `Desk`: it adds
the common options, builds the Desk from them, and turns what the function returns or
raises into text and an exit code.  The options may also stand before the command.
"""

from __future__ import annotations

import inspect
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from avwap_cli import __version__
from avwap_cli.errors import AvwapError, Interrupted, LockBusy, UsageError
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.screen import Screen
from avwap_cli.terminal.streams import let_go, open_closed, put
from avwap_cli.wiring.desk import Choices, Desk

HOME = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Home folder (default: AVWAP_HOME, else the nearest home from here upward)."
    ),
]
CONFIG = Annotated[
    Path | None, typer.Option("--config", help="One more YAML file, laid over the home's.")
]
SET = Annotated[
    list[str] | None,
    typer.Option("--set", help="Override one value: KEY=VALUE, e.g. ranking.max_candidates=5."),
]
NOW = Annotated[
    str | None, typer.Option("--now", help="Rehearse at this time: 2024-03-07T20:15 (New York).")
]
JSON = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
QUIET = Annotated[bool, typer.Option("--quiet", "-q", help="Only warnings and failures.")]
VERBOSE = Annotated[
    int, typer.Option("--verbose", "-v", count=True, help="More on stderr; twice for all.")
]
LOCK = Annotated[
    float | None,
    typer.Option("--lock-timeout", help="Seconds to wait for another instance (default 10)."),
]
COMMON = {
    "home": (HOME, None),
    "config": (CONFIG, None),
    "set_": (SET, None),
    "now": (NOW, None),
    "as_json": (JSON, False),
    "quiet": (QUIET, False),
    "verbose": (VERBOSE, 0),
    "lock_timeout": (LOCK, None),
}

Work = Callable[..., Outcome | int | None]
# Typer's own, which it does not name: what it raises when the command line is wrong.
WRONG_USAGE: type[Exception] = typer.BadParameter.__mro__[1]


def with_common(function: Callable[..., Any], skip: int) -> inspect.Signature:
    """The function's signature without its first `skip` arguments, with the common options."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())[skip:]
    taken = {parameter.name for parameter in own}
    common = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in COMMON.items()
        if name not in taken
    ]
    plain = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    context = inspect.Parameter(
        "context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
    )
    return inspect.Signature([context, *plain, *common])


def command(
    app: typer.Typer, name: str, panel: str, examples: str, makes_home: bool = False
) -> Callable[[Work], Work]:
    """Register a function (desk, screen, its own options) as a command.

    Args:
        app: where.
        name: on the command line.
        panel: under which heading `--help` shows it.
        examples: command lines shown below its help, one a line.
        makes_home: whether the folder of `--home` is made where it is not there.
    """

    def register(work: Work) -> Work:
        def run(context: typer.Context, **options: Any) -> None:
            chosen, own = _split(context.obj or Choices(), options)
            new_home = chosen.home if makes_home else None
            perform(chosen, lambda desk, screen: work(desk, screen, **own), new_home)

        run.__signature__ = with_common(work, skip=2)  # type: ignore[attr-defined]
        run.__doc__ = inspect.getdoc(work)
        epilog = "  \n".join(["Examples:", *(f"`{line}`" for line in examples.splitlines())])
        app.command(name, rich_help_panel=panel, epilog=epilog)(run)
        return work

    return register


def root_options(app: typer.Typer) -> None:
    """Let the common options stand before the command as well, and add --version."""

    def before(context: typer.Context, version: bool = False, **common: Any) -> None:
        if version:
            typer.echo(f"avwap {__version__}")
            raise typer.Exit
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())
        context.obj = merged(Choices(), **common)

    option = typer.Option("--version", help="Print the version.")
    kind = inspect.Parameter.KEYWORD_ONLY
    version = inspect.Parameter("version", kind, default=False, annotation=Annotated[bool, option])
    common = with_common(lambda: None, skip=0)
    before.__signature__ = common.replace(  # type: ignore[attr-defined]
        parameters=[*common.parameters.values(), version]
    )
    app.callback(cls=_Commands, invoke_without_command=True)(before)


class _Commands(TyperGroup):
    """The commands; with --json a wrong command line is a JSON document like other failures."""

    def main(self, args: Sequence[str] | None = None, *more: Any, **how: Any) -> Any:
        """Run the command line `args` (default: the process's) and end the process."""
        open_closed()
        said = list(sys.argv[1:] if args is None else args)
        if "--json" not in said:
            return super().main(args, *more, **how)
        try:
            code = super().main(said, *more, **{**how, "standalone_mode": False})
        except WRONG_USAGE as error:
            text = error.format_message()  # type: ignore[attr-defined]
            wrong = UsageError(text, "see --help of the command")
            Screen(sys.stdout, sys.stderr, as_json=True).error(wrong)
            code = wrong.exit_code
        sys.exit(code)


def perform(
    choices: Choices,
    work: Callable[[Desk, Screen], Outcome | int | None],
    new_home: Path | None = None,
) -> NoReturn:
    """Do the work and end the process with its exit code.

    Args:
        choices: of the command line.
        work: what to do.
        new_home: a folder to make before.

    This is the one broad `except` of the program: what nobody foresaw ends with exit
    code 1, a sentence and, with -v, the traceback, both without secrets.
    """
    screen = Screen(sys.stdout, sys.stderr, choices.as_json, choices.quiet)
    signal.signal(signal.SIGTERM, _on_terminate)
    desk = None
    try:
        if new_home is not None:
            _make_folder(new_home)
        desk = Desk(choices)
        result = work(desk, screen)
        put(screen.out, "", and_flush=True)
        code = result.exit_code if isinstance(result, Outcome) else result or 0
    except LockBusy as busy:
        # Who asks every minute and does not wait expects to meet the one at work.
        if not (choices.quiet and choices.lock_timeout_s == 0):
            screen.error(busy)
        code = busy.exit_code
    except AvwapError as error:
        mask = _mask(desk)
        error.message, error.hint = mask(error.message), mask(error.hint)
        screen.error(error)
        code = error.exit_code
    except KeyboardInterrupt:
        stopped = Interrupted("stopped", "what was written is whole; run the command again")
        screen.error(stopped)
        code = stopped.exit_code
    except BrokenPipeError:
        # The reader of our output went away (`avwap scan | head`): nothing is wrong.
        code = 0
    except Exception as error:
        _unforeseen(error, desk, screen, choices.verbosity)
        code = 1
    for stream in (screen.out, screen.err):
        let_go(stream)
    raise typer.Exit(code)


def _make_folder(folder: Path) -> None:
    try:
        folder.expanduser().mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageError(f"cannot make {folder}: {problem.strerror}", "name another") from problem


def _split(before: Choices, options: dict[str, Any]) -> tuple[Choices, dict[str, Any]]:
    """The common options, those before the command included, and the command's own."""
    common = {name: options.pop(name) for name in COMMON if name in options}
    return merged(before, **common), options


def merged(
    before: Choices,
    *,
    home: Path | None = None,
    config: Path | None = None,
    set_: list[str] | None = None,
    now: str | None = None,
    as_json: bool = False,
    quiet: bool = False,
    verbose: int = 0,
    lock_timeout: float | None = None,
) -> Choices:
    """`before`, with what was said later in its place."""
    if lock_timeout is not None and not lock_timeout >= 0:  # a negative one would wait for ever
        raise typer.BadParameter(f"{lock_timeout} is not 0 or more", param_hint="--lock-timeout")
    return replace(
        before,
        home=home or before.home,
        config=config or before.config,
        settings={**before.settings, **_settings(set_ or [])},
        now=now or before.now,
        as_json=as_json or before.as_json,
        quiet=quiet or before.quiet,
        verbosity=max(verbose, before.verbosity),
        lock_timeout_s=before.lock_timeout_s if lock_timeout is None else lock_timeout,
    )


def _settings(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise typer.BadParameter(f"{pair!r} is not KEY=VALUE", param_hint="--set")
        found[key.strip()] = value
    return found


def _on_terminate(number: int, frame: object) -> NoReturn:  # noqa: ARG001
    raise KeyboardInterrupt


def _unforeseen(error: Exception, desk: Desk | None, screen: Screen, verbosity: int) -> None:
    import traceback

    mask = _mask(desk)
    text = mask("".join(traceback.format_exception(error)))
    report = None if desk is None else desk.keep_crash(text)
    if verbosity:
        with suppress(OSError):
            screen.err.write(text)
    again = "run it again with -v for the traceback"
    where = again if report is None else f"the traceback is in {report}"
    screen.error(AvwapError(mask(f"unexpected: {type(error).__name__}: {error}"), where))


def _mask(desk: Desk | None) -> Callable[[str], str]:
    """What takes secrets out of a text, also where nothing of the home can be read."""
    if desk is None:
        return str
    try:
        desk.masked("")
    except Exception:  # what nobody foresaw may lie in the way to the secrets themselves
        return desk.masked_at_least
    return desk.masked
