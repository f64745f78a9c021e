"""The pages tell the truth: what they name exists, and what exists is named."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer
import yaml
from doc_pages import PAGES, ROOT, first_cells, moment_text, section
from played_demos import PlayedDemo
from typer.testing import CliRunner

from avwap_cli import playbook
from avwap_cli.cli import app
from avwap_cli.config import describe
from avwap_cli.config.credentials import NAMES
from avwap_cli.config.layers import RESERVED
from avwap_cli.errors import UNHEALTHY, AvwapError
from avwap_cli.market.row_checks import RowFault
from avwap_cli.review.candidates import FLAT_METADATA
from avwap_cli.review.findings import CANDIDATE_COLUMNS
from avwap_cli.review.stage_states import StageState
from avwap_cli.signals.strategies import STRATEGIES
from avwap_cli.stages.evening.scan import REFUSED_EXIT_CODE
from avwap_cli.stages.evening.universe_files import COLUMNS
from avwap_cli.terminal.options import COMMON
from avwap_cli.verdicts import Reason

README, COMMANDS = PAGES["README.md"], PAGES["docs/commands.md"]
ALL = "\n".join(PAGES.values())
PROGRAM: Any = typer.main.get_command(app)
SCHEMAS = ROOT / "avwap_cli" / "schemas"
SPACES = re.compile(r" +")
ENDPOINTS = ("/v1", "/v2", "/v3", "/stream", "/_exchange/")  # Alpaca's, and the local exchange's


def commands(group: Any = PROGRAM, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every command without sub-commands: its words, and itself."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


LEAVES = dict(commands())


def fenced(page: str) -> Iterator[str]:
    """The text of each fenced block, indented ones included."""
    for _, block in re.findall(r"^( *)```\w*\n(.*?)^\1```", page, re.M | re.S):
        yield block


def test_all_commands_are_found() -> None:
    assert {"scan", "refresh-cache", "config show", "config check"} <= LEAVES.keys()


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_is_documented_with_its_own_options(name: str) -> None:
    text = section(COMMANDS, name)
    assert f"avwap {name}" in text, "an example is missing"
    for parameter in LEAVES[name].params:
        if parameter.name in COMMON:
            continue
        if parameter.param_type_name == "argument":
            assert f"`{parameter.name.upper()}`" in text
        for option in parameter.opts if parameter.param_type_name == "option" else ():
            assert re.search(rf"`{option}[ `]", text), f"{option} is not in {name}"


def test_options_of_every_command_are_documented() -> None:
    text = section(COMMANDS, "Options of every command")
    options = {o for p in LEAVES["scan"].params if p.name in COMMON for o in p.opts}
    missing = {o for o in options if not re.search(rf"`{o}[ `]", text)}
    assert not missing
    own = {o for p in PROGRAM.params if p.name not in COMMON for o in p.opts}
    assert {o for o in own if o not in COMMANDS} == set()


def test_the_pages_name_no_option_that_is_none() -> None:
    known = {o for c in [PROGRAM, *LEAVES.values()] for p in c.params for o in p.opts} | {"--help"}
    named = set(re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]*)", "".join((README, COMMANDS))))
    assert named <= known


def test_every_exit_code_is_documented() -> None:
    def codes(error: type[AvwapError]) -> set[int]:
        return {error.exit_code}.union(*(codes(sub) for sub in error.__subclasses__()))

    rows = re.findall(r"^\| (\d+) \|", section(README, "Exit codes"), re.M)
    expected = codes(AvwapError) | {0, UNHEALTHY, REFUSED_EXIT_CODE}
    assert {int(code) for code in rows} == expected


def test_every_reason_is_documented_and_no_other() -> None:
    before_anchors = PAGES["docs/reasons.md"].split("\n## ")[0]
    assert first_cells(before_anchors) == {str(reason) for reason in Reason}
    rows = section(PAGES["docs/reasons.md"], "Why a row was refused")
    assert first_cells(rows) == {str(fault) for fault in RowFault}


def test_every_state_of_a_stage_is_documented() -> None:
    rows = re.findall(r"^\| ([a-z ]+) \| .* \|$", section(COMMANDS, "status"), re.M)
    assert {str(state) for state in StageState} <= set(rows)


def test_every_variable_is_documented() -> None:
    assert {name for name in (*RESERVED, *NAMES) if f"`{name}`" not in ALL} == set()


def test_the_days_table_is_the_playbook() -> None:
    rows = [line for line in section(README, "The day").splitlines() if "`avwap " in line]
    lines = [line for line in rows if line.startswith("|")]
    assert len(lines) == len(playbook.STAGES)
    for line, stage in zip(lines, playbook.STAGES, strict=True):
        window, command, reads, writes, expected = (c.strip() for c in line.strip("|").split("|"))
        opens, closes, by = map(moment_text, (stage.opens, stage.closes, stage.expected_by))
        assert window == f"{opens}-{closes}"
        assert command == f"`avwap {stage.command}`"
        assert [r for r in stage.reads if r not in reads.replace("`", "")] == []
        assert set(re.findall(r"`([^`]+)`", writes)) == {a.name for a in stage.writes}
        assert expected == by


def test_every_artifact_is_documented_with_its_fields() -> None:
    page = PAGES["docs/artifacts.md"]
    for stage in playbook.STAGES:
        for artifact in stage.writes:
            assert len(section(page, artifact.name)) > 60
    assert {*COLUMNS, "schema_version"} == first_cells(section(page, "universe.csv"))
    flat = section(page, "daily_candidates.csv")
    assert [c for c in (*CANDIDATE_COLUMNS, *FLAT_METADATA) if f"`{c}`" not in flat] == []


@pytest.mark.parametrize(
    ("schema", "heading"),
    [
        ("universe", "universe.json"),
        ("cache", "cache.json"),
        ("scan", "scan.json"),
        ("gapfilter", "gapfilter.json"),
        ("exits_planned", "exits_planned.json"),
        ("entries", "entries.json"),
        ("exits", "exits.json"),
        ("run", "runs/STAGE-N.json"),
        ("summary", "summary.json"),
    ],
)
def test_every_json_field_is_documented(schema: str, heading: str) -> None:
    document = json.loads((SCHEMAS / f"{schema}.schema.json").read_text(encoding="utf-8"))
    fields = set(document["properties"]) - {"schema"}
    assert first_cells(section(PAGES["docs/artifacts.md"], heading)) == fields


def test_figures_of_the_scan_are_the_defaults() -> None:
    page = PAGES["docs/scan.md"]
    params = {name: strategy.params_type for name, strategy in STRATEGIES.items()}
    defaults = {row["key"]: row["default"] for row in describe(params)}
    cited = re.findall(r"`([a-z][\w.]*\.\w+): ([^`]+)`", page)
    assert len(cited) > 70
    wrong = {key: text for key, text in cited if defaults.get(key) != yaml.safe_load(text)}
    assert wrong == {}


def slug(heading: str) -> str:
    """The anchor that a page's heading gets."""
    plain = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return plain.replace(" ", "-")


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.M)
            assert anchor in {slug(h) for h in headings}, target


def command_lines() -> Iterator[tuple[str, str]]:
    """Each line to type, with its page; in a block with prompts only those with one."""
    for page, text in PAGES.items():
        for block in fenced(text):
            prompt = "$ " if block.startswith("$ ") else ""
            for line in block.splitlines():
                plain = line.partition("#")[0].strip()
                for part in plain.removeprefix(prompt).split("&&"):
                    if plain.startswith(prompt) and part.strip().startswith("avwap "):
                        yield page, part.strip()


LINES = list(command_lines())


def parse(line: str) -> None:
    """Take the line apart as the program would, without running it."""
    command: Any = PROGRAM
    words = shlex.split(line)[1:]
    while hasattr(command, "commands"):
        context = command.make_context("avwap", words, allow_extra_args=True)
        words = [*context._protected_args, *context.args]
        command = command.commands[words.pop(0)]
    command.make_context(command.name, words)


@pytest.mark.parametrize(("page", "line"), LINES)
def test_every_command_line_would_run(page: str, line: str) -> None:
    parse(line)


def test_a_wrong_command_line_would_be_found() -> None:
    with pytest.raises(KeyError):
        parse("avwap scann")
    with pytest.raises(Exception, match="--dryrun"):
        parse("avwap scan --dryrun")
    assert len(LINES) > 30


def test_the_rooms_of_the_architecture_are_there() -> None:
    page = PAGES["docs/architecture.md"]
    package = ROOT / "avwap_cli"
    rooms = re.findall(r"^\*\*(\w+)/\*\*", page, re.M)
    assert [room for room in rooms if not (package / room).is_dir()] == []
    modules = {path.stem for path in package.rglob("*.py")} | {
        path.parent.name for path in package.rglob("__init__.py")
    }
    ports = section(page, "Ports")
    behind = {
        name
        for line in ports.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([^`]+)`", line.split("|")[3])
    }
    assert {name for name in behind if name not in modules} == set()


def test_the_functions_of_a_candidates_journey_are_there() -> None:
    text = section(PAGES["docs/architecture.md"], "One candidate's journey")
    journey = re.findall(r"`(?:[a-z]+\.)?([a-z_]+)\.(?!json)([a-z_]+)`", text)
    assert len(journey) > 15
    missing = {
        f"{module}.{name}"
        for module, name in journey
        if not any(
            f"\ndef {name}(" in path.read_text(encoding="utf-8")
            for path in (ROOT / "avwap_cli").rglob(f"{module}.py")
        )
    }
    assert missing == set()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_of_the_product_alone(page: str) -> None:
    text = PAGES[page]
    assert re.findall(r"(?i)\b(?:TODO|FIXME|TBD|XXX)\b", text) == []
    assert re.findall(r"(?<![\w/&])#\d+\b", text) == [], "a number of some tracker"
    places = re.findall(r"(?<![\w.:~*>)/-])/(?:\w[\w.-]*)(?:/[\w.-]+)*", text)
    known = ("/home/you/", *ENDPOINTS)
    assert {p for p in places if not p.startswith(known)} == set()


@pytest.fixture(scope="module")
def demo_lines(shown_demo: PlayedDemo) -> set[str]:
    """What the demo and the explanation of its first candidate print, line by line."""
    where = ["--home", str(shown_demo.home.root), "--now", "2026-11-20T20:15"]
    explained = CliRunner().invoke(app, ["explain", "XZCDD", *where])
    assert explained.exit_code == 0, explained.output
    lines = f"{shown_demo.printed}\n{explained.output}".splitlines()
    return {SPACES.sub(" ", line).strip() for line in lines}


def test_what_the_readme_shows_is_what_the_demo_prints(demo_lines: set[str]) -> None:
    blocks = [block for block in fenced(README) if block.startswith("$ avwap ")]
    assert len(blocks) == 2
    for line in "".join(blocks).splitlines():
        plain = SPACES.sub(" ", line).strip()
        assert plain in demo_lines or plain == "..." or plain.startswith("$ "), line
