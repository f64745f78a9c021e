"""Old sessions: folders as a home has them after months, and their archives read by another tar."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path

OLD, OLDER, ANCIENT = date(2026, 10, 1), date(2026, 9, 1), date(2026, 6, 1)
NEWEST = tuple(date(2026, 11, day) for day in (16, 17, 18, 19, 20))
FILES = {
    "scan.json": json.dumps(
        {
            "schema": "avwap.scan/1.0",
            "as_of": "2026-05-29",
            "regime": {"name": "RANGING"},
            "quality": {"state": "clean"},
            "candidates": [{"symbol": "KO", "strategy": "avwap", "direction": "long"}],
        }
    ),
    "entries.json": '{"schema": "avwap.entries/1.0", "orders": [{}, {}]}',
    "trades.jsonl": '{"schema": "avwap.trades/1.0", "symbol": "KO"}\n',
    "equity.jsonl": '{"schema": "avwap.equity/1.0", "equity_usd": 1}\n',
    "report.html": "<p>day</p>",
    "runs/scan-1.json": "{}",
}


def folder(outputs: Path, session: date, **more: str) -> dict[str, bytes]:
    """A session's folder; its files by name."""
    files = {name: text.encode() for name, text in {**FILES, **more}.items()}
    for name, data in files.items():
        path = outputs / "sessions" / session.isoformat() / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return files


def unpacked(outputs: Path, session: date) -> dict[str, bytes]:
    """What the archive holds, read by another program than the one under test."""
    path = outputs / "archive" / f"{session}.tar.gz"
    listed = subprocess.run(["tar", "-tzf", path], capture_output=True, text=True, check=True)
    return {
        name.removeprefix(f"{session}/"): subprocess.run(
            ["tar", "-xzOf", path, name], capture_output=True, check=True
        ).stdout
        for name in listed.stdout.splitlines()
    }
