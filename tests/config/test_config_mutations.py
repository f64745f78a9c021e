"""Law: whatever one leaf of a file is changed to, the answer is a Config or one sentence."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from avwap_cli.config import Config, Sources, load
from avwap_cli.errors import ConfigError
from avwap_cli.home import Home
from avwap_cli.signals.strategies import STRATEGIES

ROOT = Path(__file__).resolve().parents[2]
PARAMS = {name: strategy.params_type for name, strategy in STRATEGIES.items()}
NAMES = sorted(path.name for path in (ROOT / "config").glob("*.yaml"))
VALUES = st.one_of(
    st.sampled_from([None, True, False, 0, -1, -0.5, 1e308, 10**40, [], {}, [[]], {"a": 1}, ""]),
    st.sampled_from([float("nan"), float("inf"), float("-inf"), "1", "true", "=cmd", "../../etc"]),
    st.integers(),
    st.floats(),
    st.text(max_size=80),
    st.lists(st.one_of(st.floats(), st.text(max_size=5)), max_size=12),
    st.dates(),
)


@cache
def text_of(name: str) -> str:
    return (ROOT / "config" / name).read_text(encoding="utf-8")


def nodes(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if not isinstance(tree, (dict, list)):
        return found
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        found += nodes(value, (*path, key))
    return found


def mutated(data: st.DataObject, name: str) -> tuple[str, Any]:
    tree = yaml.safe_load(text_of(name))
    path = data.draw(st.sampled_from(nodes(tree)), label="path")
    parent = tree
    for key in path[:-1]:
        parent = parent[key]
    how = data.draw(st.sampled_from(["change", "delete", "rename"]), label="how")
    if how == "change":
        parent[path[-1]] = data.draw(VALUES, label="value")
    elif how == "delete" or isinstance(parent, list):
        del parent[path[-1]]
    else:
        parent[data.draw(st.text(min_size=1, max_size=70), label="name")] = parent.pop(path[-1])
    return yaml.safe_dump(tree, allow_unicode=True), path


def outcome(root: Path) -> str | None:
    """The message of the ConfigError; None where there is a Config."""
    try:
        config = load(Sources(Home(root), PARAMS, {}))
    except ConfigError as error:
        return str(error)
    assert isinstance(config, Config)
    return None


@pytest.mark.stress
@settings(max_examples=250, deadline=None)
@given(data=st.data())
def test_one_mutation_gives_a_config_or_one_sentence(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES), label="file")
    text, path = mutated(data, name)
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "config").mkdir()
        (root / "config" / name).write_text(text, encoding="utf-8")
        message = outcome(root)
    if message is not None:
        assert message.isprintable()
        assert len(message) < 600
        assert f"config/{name}" in message
        assert str(path[0]) in message or len(path) == 1
        assert ": expected " in message


@pytest.mark.stress
@settings(max_examples=120, deadline=None)
@given(raw=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_any_bytes_give_a_config_or_one_sentence(raw: bytes) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "config").mkdir()
        (root / "config" / "default.yaml").write_bytes(raw)
        message = outcome(root)
    assert message is None or message.isprintable()
    assert message is None or message.startswith("config/default.yaml")
