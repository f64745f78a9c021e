"""The command line over the demo's home: exit codes, JSON, no-ops, and what goes wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from avwap_cli.cli import app

NOW = "2026-11-20T20:15"
SESSION = "2026-11-23"


def run(home: Path, *command: str, now: str = NOW) -> Result:
    return CliRunner().invoke(app, [*command, "--home", str(home), "--now", now])


def said(result: Result) -> str:
    return result.stdout + result.stderr


@pytest.fixture
def home(demo_home: Path, tmp_path: Path) -> Path:
    """A copy of the demo's home, to be written to."""
    return Path(shutil.copytree(demo_home, tmp_path / "home", copy_function=cheap_copy))


def cheap_copy(source: str, target: str) -> None:
    """Bars are linked: the program only ever puts a new file in their place."""
    (os.link if "/cache/bars/" in source else shutil.copy2)(source, target)


def folder(home: Path) -> Path:
    return home / "outputs" / "sessions" / SESSION


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.mark.parametrize("command", ["universe", "refresh-cache", "scan"])
def test_a_second_run_changes_nothing_and_says_so(home: Path, command: str) -> None:
    before = contents(folder(home))
    result = run(home, command)
    assert result.exit_code == 0
    assert "(unchanged)" in result.stdout
    assert contents(folder(home)) == before


def test_json_artifacts_follow_their_schemas(home: Path) -> None:
    schemas = resources.files("avwap_cli") / "schemas"
    checked = set()
    for path in folder(home).rglob("*.json"):
        document = json.loads(path.read_text())
        name = document["schema"].partition("/")[0].removeprefix("avwap.")
        schema = json.loads((schemas / f"{name}.schema.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(document)
        checked.add(name)
    assert checked == {"universe", "cache", "scan", "exits_planned", "run", "settings"}


def test_a_dry_run_prints_and_writes_nothing(home: Path) -> None:
    shutil.rmtree(folder(home) / "runs")
    (folder(home) / "scan.json").unlink()
    before = contents(home)
    result = run(home, "scan", "--dry-run")
    assert result.exit_code == 0
    assert "nothing is written" in result.stdout
    assert "Candidates" in result.stdout
    assert contents(home) == before


def test_json_holds_the_whole_scan(home: Path) -> None:
    result = run(home, "scan", "--json")
    document = json.loads(result.stdout)
    on_disk = json.loads((folder(home) / "scan.json").read_text())
    assert document["body"]["candidates"] == on_disk["candidates"]
    assert document["state"] == "unchanged"


def test_options_may_stand_before_the_command(home: Path) -> None:
    arguments = ["--home", str(home), "--now", NOW, "--json", "status"]
    document = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert document["trade_session"] == SESSION


def test_explain_shows_every_gate_and_the_rank(home: Path) -> None:
    scan = json.loads((folder(home) / "scan.json").read_text())
    first = scan["candidates"][0]
    document = json.loads(run(home, "explain", first["symbol"], "--json").stdout)["body"]
    gates = document["sides"]["long"]["gates"]
    assert all(gate["passed"] for gate in gates)
    stages = list(dict.fromkeys(gate["stage"] for gate in gates))
    assert stages == [stage["stage"] for stage in scan["funnel"]]
    ranked = [s for s in document["signals"] if s["rank"]]
    assert ranked[0]["score"] == first["score"]
    text = run(home, "explain", first["symbol"]).stdout
    assert "candidate 1 of" in text
    assert "FAIL" not in text.split("Anchors")[0]


def test_explain_names_the_gate_that_dropped_a_symbol(home: Path) -> None:
    rows = (folder(home) / "universe.csv").read_text().splitlines()
    scan = json.loads((folder(home) / "scan.json").read_text())
    fired = {s["symbol"] for s in scan["all_signals"]}
    symbol = next(s for s in (row.split(",")[1] for row in rows[1:]) if s not in fired and s != "-")
    document = json.loads(run(home, "explain", symbol, "--json").stdout)["body"]
    dropped_by = document["sides"]["long"]["dropped_by"]
    failed = [g["reason"] for g in document["sides"]["long"]["gates"] if not g["passed"]]
    assert failed[0] == dropped_by


def test_explain_of_a_past_session_has_no_look_ahead(home: Path) -> None:
    result = run(home, "explain", "SPY", "--session", "2026-10-01", "--json")
    document = json.loads(result.stdout)
    assert document["as_of"] == "2026-09-30"
    assert document["body"]["last_bar"]["session"] == "2026-09-30"


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["explain", "NOPE"], 4, "on no list"),
        (["explain", "../etc"], 2, "is not a symbol"),
        (["scan", "--session", "2026-11-22"], 2, "2026-11-22"),
        (["scan", "--session", "2026-11-30"], 2, "is not over"),
        (["scan", "--profile", "monthly"], 2, "profile"),
        (["scan", "--now", "yesterday"], 2, "date and time"),
        (["scan", "--set", "ranking.max_candidats=5"], 3, "max_candidates"),
        (["scan", "--config", "nowhere.yaml"], 3, "nowhere.yaml"),
        (["scan", "--nonsense"], 2, "nonsense"),
    ],
)
def test_wrong_calls_say_what_which_and_what_next(
    home: Path, arguments: list[str], code: int, text: str
) -> None:
    extra = [] if "--now" in arguments else ["--now", NOW]
    result = CliRunner().invoke(app, [*arguments, "--home", str(home), *extra])
    assert result.exit_code == code, said(result)
    assert text in said(result)


def test_an_empty_home_says_which_command_comes_first(tmp_path: Path) -> None:
    result = run(tmp_path, "scan")
    assert result.exit_code == 4
    assert "avwap universe --session 2026-11-23" in said(result)


def test_a_cache_that_ends_too_early_is_refused_by_name(home: Path) -> None:
    late = folder(home).parent / "2026-11-24"
    shutil.copytree(folder(home), late)
    result = run(home, "scan", now="2026-11-23T20:15")
    assert result.exit_code == 4
    assert "ends at 2026-11-20" in said(result)
    assert "avwap refresh-cache --session 2026-11-24" in said(result)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("universe.csv", b""),
        ("universe.csv", b"\xff\xfe\x00garbage"),
        ("universe.json", b'{"schema": "avwap.universe/1.0", "mem'),
        ("universe.json", b'{"schema": "avwap.universe/2.0"}'),
    ],
)
def test_damaged_artifacts_are_named_and_kept(home: Path, name: str, damage: bytes) -> None:
    path = folder(home) / name
    path.write_bytes(damage)
    before = {k: v for k, v in contents(folder(home)).items() if not k.startswith("runs")}
    result = run(home, "scan")
    assert result.exit_code == 4, said(result)
    assert name in said(result)
    after = {k: v for k, v in contents(folder(home)).items() if not k.startswith("runs")}
    assert after == before


def test_a_damaged_cache_is_named(home: Path) -> None:
    base = next((home / "cache" / "bars").glob("base-*.parquet"))
    damaged = base.read_bytes()[:1000]
    base.unlink()  # it is a link
    base.write_bytes(damaged)
    result = run(home, "scan")
    assert result.exit_code == 4
    assert base.name in said(result)


def test_a_frozen_plan_is_not_overwritten(home: Path) -> None:
    (folder(home) / "gapfilter.json").write_text('{"schema": "avwap.gapfilter/1.0"}')
    before = contents(folder(home))
    result = run(home, "scan", "--set", "ranking.max_candidates=1")
    assert result.exit_code == 0
    assert "frozen" in result.stdout
    assert contents(folder(home)) == before


def test_too_few_bars_refuse_the_run_and_say_so(home: Path) -> None:
    result = run(
        home,
        "scan",
        "--set",
        "scan.run.min_coverage_frac=0.999",
        "--set",
        "scan.run.clean_coverage_frac=0.9995",
    )
    assert result.exit_code == 5
    document = json.loads((folder(home) / "scan.json").read_text())
    assert document["quality"]["state"] == "refused"
    assert document["candidates"] == []
    assert document["notes"][0].startswith("refused:")
    assert "nothing to trade" in run(home, "status").stdout.lower()


def test_thin_coverage_degrades_the_run(home: Path) -> None:
    result = run(home, "scan", "--set", "scan.run.clean_coverage_frac=0.9999")
    assert result.exit_code == 0
    document = json.loads((folder(home) / "scan.json").read_text())
    assert document["quality"]["state"] == "degraded"
    assert document["quality"]["reasons"] == ["coverage"]


def test_an_empty_funnel_says_why(home: Path) -> None:
    result = run(home, "scan", "--set", "scan.market_side.mean_sessions=1", "--dry-run")
    assert "0 AVWAP long setups: SPY" in said(result)
    assert "exactly at its 1-session mean" in said(result)


def test_a_busy_lock_ends_with_75(home: Path) -> None:
    hold = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from avwap_cli.adapters.clocks import SystemClock\n"
        "from avwap_cli.adapters.stage_locks import stage_lock\n"
        "with stage_lock(Path(sys.argv[1]), 'scan', 1, SystemClock().now()):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(home / "outputs" / "locks")],
        stdout=subprocess.PIPE,
        env=environment,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        began = time.monotonic()
        result = run(home, "scan", "--lock-timeout", "0.2")
        assert result.exit_code == 75, said(result)
        assert str(holder.pid) in said(result)
        assert time.monotonic() - began < 5
    finally:
        holder.kill()
        holder.wait()
    assert run(home, "scan").exit_code == 0


def test_failures_are_recorded_and_status_tells_them(home: Path) -> None:
    (folder(home) / "universe.csv").unlink()
    assert run(home, "scan").exit_code == 4
    records = sorted((folder(home) / "runs").glob("scan-*.json"))
    last = json.loads(records[-1].read_text())
    assert last["state"] == "failed"
    assert "universe.csv" in last["error"]
    result = run(home, "status")
    assert result.exit_code == 9
    assert "failed" in result.stdout


def test_config_show_names_origins_and_masks_secrets(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALPACA_SECRET_KEY", "sEcReT-canary-123")
    monkeypatch.setenv("AVWAP_RANKING__MAX_CANDIDATES", "9")
    result = run(home, "config", "show", "--origin")
    assert result.exit_code == 0
    assert "sEcReT" not in said(result)
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line.strip()}
    assert "config/default.yaml:" in lines["data.provider"]
    assert "AVWAP_RANKING__MAX_CANDIDATES" in lines["ranking.max_candidates"]
    assert "packaged default" in lines["ranking.max_shorts"]


def test_config_check_lists_every_problem(home: Path) -> None:
    (home / "config" / "anchors.yaml").write_text("anchors:\n  gap_pct: five\n  swing: 3\n")
    result = run(home, "config", "check")
    assert result.exit_code == 3
    assert "anchors.gap_pct" in said(result)
    assert "anchors.swing" in said(result)


def test_export_and_import_give_the_same_bars(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "spy.csv"
    assert run(home, "export", str(out), "--symbol", "SPY").exit_code == 0
    other = tmp_path / "other"
    other.mkdir()
    assert run(other, "import", str(out)).exit_code == 0
    back = tmp_path / "again.csv"
    assert run(other, "export", str(back)).exit_code == 0
    assert back.read_bytes() == out.read_bytes()
    assert "unchanged" in run(other, "import", str(out)).stdout
    assert "unchanged" in run(other, "import", str(out), "--replace").stdout
    assert "unchanged" in run(home, "export", str(out), "--symbol", "SPY").stdout


def test_init_makes_a_home_and_leaves_it_alone_afterwards(tmp_path: Path) -> None:
    target = tmp_path / "new"
    first = CliRunner().invoke(app, ["init", str(target)])
    assert first.exit_code == 0
    assert (target / "config" / "default.yaml").is_file()
    before = contents(target)
    again = CliRunner().invoke(app, ["init", str(target)])
    assert "nothing was changed" in again.stdout
    assert contents(target) == before


@pytest.mark.parametrize(
    "where", ["stages.evening.scan.run_scan", "config.load", "config.load_secrets"]
)
def test_an_unforeseen_error_is_one_sentence_without_secrets(
    home: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    secret = "canary-secret-value"
    monkeypatch.setenv("ALPACA_SECRET_KEY", secret)

    def explode(*_: Any, **__: Any) -> None:
        raise RuntimeError(f"boom with {secret}")

    monkeypatch.setattr(f"avwap_cli.{where}", explode)
    result = run(home, "scan", "-v")
    assert result.exit_code == 1
    assert "boom" in said(result)
    assert secret not in said(result)
    assert secret not in (home / "outputs" / "logs" / "crash.txt").read_text()


def test_the_prefilter_skips_known_illiquid_names_and_the_funnel_counts_them(home: Path) -> None:
    def liquidity() -> dict[str, int]:
        document = json.loads((folder(home) / "scan.json").read_text())
        stage = next(s for s in document["funnel"] if s["stage"] == "liquidity")
        return dict(stage["dropped"])

    def refreshed(*more: str) -> int:
        result = run(home, "refresh-cache", "--json", *more)
        return int(json.loads(result.stdout)["counts"]["symbols"])

    before = json.loads((folder(home) / "scan.json").read_text())
    everyone = refreshed()
    assert run(home, "universe", "--force").exit_code == 0
    shutil.rmtree(home / "cache" / "bars")
    prefilter = ["--set", "universe.prefilter=true"]
    fewer = refreshed(*prefilter)
    assert fewer < 0.7 * everyone
    assert run(home, "scan", *prefilter).exit_code == 0
    after = json.loads((folder(home) / "scan.json").read_text())
    assert [c["symbol"] for c in after["candidates"]] == [c["symbol"] for c in before["candidates"]]
    kept = [
        next(s["kept"] for s in d["funnel"] if s["stage"] == "liquidity") for d in (before, after)
    ]
    assert kept[0] == kept[1]
    assert sum(liquidity().values()) >= everyone - fewer


def test_without_earnings_dates_the_run_is_degraded_and_counts_the_unknown(home: Path) -> None:
    result = run(home, "scan", "--set", "earnings.provider=none")
    assert result.exit_code == 0, said(result)
    quality = json.loads((folder(home) / "scan.json").read_text())["quality"]
    assert quality["reasons"] == ["earnings"]
    assert quality["earnings_unknown"] == quality["earnings_asked"] > 100


@pytest.mark.parametrize("name", ["daily_candidates.csv", "signals.parquet", "scan.json"])
@pytest.mark.parametrize("damage", [b"", b"{", b'{"schema": "avwap.scan/1.0", "quality": -1}'])
def test_scan_heals_its_own_artifacts(home: Path, name: str, damage: bytes) -> None:
    path = folder(home) / name
    whole = path.read_bytes()
    path.write_bytes(damage)
    result = run(home, "scan")
    assert result.exit_code == 0, said(result)
    assert "unchanged" not in result.stdout
    assert path.read_bytes() == whole


def test_a_changed_rule_changes_the_scan_and_back_again(home: Path) -> None:
    before = contents(folder(home))
    few = ["--set", "ranking.max_candidates=2"]
    assert "2 candidates" in run(home, "scan", *few).stdout
    assert "(unchanged)" in run(home, "scan", *few).stdout
    assert "(unchanged)" not in run(home, "scan").stdout
    after = contents(folder(home))
    assert {k: v for k, v in after.items() if not k.startswith("runs")} == {
        k: v for k, v in before.items() if not k.startswith("runs")
    }


def test_a_refused_scan_says_why_every_time(home: Path) -> None:
    thick = [
        "--set",
        "scan.run.min_coverage_frac=0.999",
        "--set",
        "scan.run.clean_coverage_frac=0.9995",
    ]
    for _ in range(2):
        result = run(home, "scan", *thick, "--quiet")
        assert result.exit_code == 5
        assert "of the members have the bar" in said(result)
    symbol = json.loads((folder(home) / "universe.json").read_text())["members"] and "XZCDD"
    assert "the run is refused" in run(home, "explain", symbol, *thick).stdout


def test_without_the_bar_of_the_index_fund_the_run_is_degraded(home: Path) -> None:
    """A market that nobody can see is no clean scan."""
    result = run(
        home,
        "scan",
        "--dry-run",
        "--json",
        "--set",
        "regime.symbol=XLK",
        "--set",
        "data.benchmarks=[XLK, NOSUCH]",
    )
    assert json.loads(result.stdout)["quality"] == "clean"
    result = run(
        home,
        "scan",
        "--dry-run",
        "--json",
        "--set",
        "regime.symbol=NOSUCH",
        "--set",
        "data.benchmarks=[NOSUCH]",
    )
    document = json.loads(result.stdout)
    assert document["body"]["quality"]["reasons"] == ["regime"]
    assert document["body"]["regime"]["name"] is None


def test_the_demo_takes_no_file_for_a_home(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(app, ["demo", "--home", str(tmp_path / "file")])
    assert result.exit_code == 2
    assert "cannot make" in said(result)
    assert run(tmp_path / "other", "status").exit_code == 2
    assert not (tmp_path / "other").exists()


def test_no_folder_is_made_for_an_export(home: Path, tmp_path: Path) -> None:
    result = run(home, "export", str(tmp_path / "nope" / "bars.csv"), "--symbol", "SPY")
    assert result.exit_code == 2
    assert "is not a folder" in said(result)
    assert not (tmp_path / "nope").exists()


def test_an_unforeseen_error_leaves_a_failed_run_that_status_tells(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: Any, **__: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("avwap_cli.stages.evening.scan.run_scan", explode)
    assert run(home, "scan").exit_code == 1
    result = run(home, "status")
    assert result.exit_code == 9
    assert "unexpected: RuntimeError: boom" in result.stdout


@pytest.mark.parametrize(
    ("name", "damage", "code"),
    [
        ("scan.json", "{", 9),
        ("scan.json", '{"schema": "avwap.scan/2.0"}', 9),
        ("cache.json", '{"schema": "avwap.cache/1.0"}', 9),
        ("universe.json", "", 9),
        ("runs/scan-1.json", '{"schema": "avwap.run/1.0", "stage": 1}', 0),
    ],
)
def test_status_is_not_well_over_damaged_artifacts(
    home: Path, name: str, damage: str, code: int
) -> None:
    (folder(home) / name).write_text(damage)
    result = run(home, "status")
    assert result.exit_code == code
    assert Path(name).name in said(result)


def test_calibrate_writes_an_overlay_that_config_takes(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "reference.yaml"
    words = ["calibrate", "--out", str(out), "--first", "2026-08-03", "--every", "15"]
    first = run(home, *words)
    assert first.exit_code == 0, said(first)
    assert "unchanged" in run(home, *words).stdout
    shown = json.loads(run(home, "config", "show", "--json", "--config", str(out)).stdout)
    reference = shown["settings"]["strategies.bb_squeeze.reference"]
    assert str(out) in reference["origin"]
    assert len(reference["value"]) == 11
    assert run(home, "scan", "--dry-run", "--config", str(out)).exit_code == 0
