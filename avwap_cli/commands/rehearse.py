"""Commands that rehearse: the whole program, or a part of it, where no money is."""

from __future__ import annotations

from typing import Annotated

import typer

from avwap_cli.commands.front import Session, rehearse
from avwap_cli.market import sessions
from avwap_cli.stages.outcomes import Outcome
from avwap_cli.terminal.outcome_text import show
from avwap_cli.terminal.screen import Screen
from avwap_cli.wiring.desk import Desk


@rehearse("demo", examples="avwap demo\navwap demo --seed 3", makes_home=True)
def demo(
    desk: Desk,
    screen: Screen,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", help="The whole market follows from it.", envvar="AVWAP_DEMO_SEED", min=0
        ),
    ] = 7,
) -> int:
    """Run an evening and a trading day in a made-up market: no keys, no network, its own home."""
    from avwap_cli.rehearsal.demo import run_demo

    return run_demo(desk.home, seed, desk.choices, screen)


@rehearse("drill", examples="avwap drill\navwap drill --only halted --only gap-through")
def drill(
    desk: Desk,
    screen: Screen,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="That brake alone; may be repeated.")
    ] = None,
) -> Outcome:
    """Pull every brake of the trading day on a local exchange, and say which hold."""
    from avwap_cli.rehearsal.drill.rounds import run_drill
    from avwap_cli.terminal.drill_text import show_drill

    return show(screen, run_drill(only or [], desk.progress), show_drill)


@rehearse("replay", examples="avwap replay 2024-03-08\navwap replay 2024-03-08 --evening --json")
def replay(
    desk: Desk,
    screen: Screen,
    session: Annotated[str, typer.Argument(help="A past trade session, e.g. 2024-03-08.")],
    evening: Annotated[
        bool, typer.Option("--evening", help="The scan alone, not the trading day.")
    ] = False,
) -> Outcome:
    """Run a past session again in a scratch home, and say what comes out differently, and why."""
    from avwap_cli.rehearsal.replay import run_replay
    from avwap_cli.terminal.replay_text import show_differences
    from avwap_cli.use_cases.conduct import trade_session

    day = trade_session(desk, session)
    return show(
        screen, run_replay(desk, day, desk.progress, evening_only=evening), show_differences
    )


@rehearse(
    "exchange",
    examples="avwap exchange\navwap exchange --speed 60 --port 0\n"
    'avwap exchange --fault "504-after-accept@POST /v2/orders,nth=2"',
)
def exchange(
    desk: Desk,
    screen: Screen,
    tape: Annotated[
        list[str] | None,
        typer.Option("--tape", help="synthetic (default), cache, or files of bars; repeatable."),
    ] = None,
    session: Session = None,
    start: Annotated[str, typer.Option("--start", help="Time of day, New York.")] = "09:25",
    speed: Annotated[
        float, typer.Option("--speed", help="Virtual seconds a second; 0 = time stands.", min=0)
    ] = 1.0,
    fault: Annotated[
        list[str] | None, typer.Option("--fault", help="What goes wrong; may be repeated.")
    ] = None,
    port: Annotated[
        int, typer.Option("--port", help="On 127.0.0.1; 0 = any free.", min=0, max=65535)
    ] = 4010,
    cash: Annotated[str, typer.Option("--cash", help="USD in the account.")] = "100000",
    plan: Annotated[
        str, typer.Option("--plan", help="Market data: basic (iex) or plus (sip).")
    ] = "basic",
    partials: Annotated[
        float, typer.Option("--partials", help="Chance that a fill is partial.", min=0, max=1)
    ] = 0.0,
    latency: Annotated[
        float, typer.Option("--latency", help="Seconds from a request to its effect.", min=0)
    ] = 0.0,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Of market, fills and keys.", min=0)
    ] = None,
) -> int:
    """Run a local exchange that speaks Alpaca's protocols: any Alpaca program can trade there."""
    from avwap_cli.rehearsal.open_exchange import choices_of, open_exchange

    day = None if session is None else sessions.parse_session(session)
    choices = choices_of(
        tapes=tape or [],
        session=day,
        start=start,
        speed=speed,
        faults=fault or [],
        port=port,
        cash=cash,
        plan=plan,
        partials=partials,
        latency=latency,
        seed=seed,
    )
    return open_exchange(desk, screen, choices)
