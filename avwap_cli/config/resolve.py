"""Resolving: read the layers, validate, cross-check; one Config, or every problem found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avwap_cli.config import layers
from avwap_cli.config.cross_checks import cross_check, warnings
from avwap_cli.config.records import Config, Setting, assemble
from avwap_cli.config.types import in_words, type_at
from avwap_cli.config.validation import Problem, dotted, validate
from avwap_cli.config.yaml_text import Value
from avwap_cli.errors import ConfigError
from avwap_cli.home import Home


@dataclass(frozen=True, slots=True)
class Sources:
    """Where one run's configuration comes from.

    Attributes:
        home: its `config/` holds the person's own files.
        params: strategy name -> the record of its `params` section.
        environment: the process environment.
        file: `--config FILE`, any sections in one file; None = that of AVWAP_CONFIG, if set.
        flags: dotted key -> text as in YAML, e.g. {"scan.sector.keep_best": "8"}.
    """

    home: Home
    params: Mapping[str, type]
    environment: Mapping[str, str]
    file: Path | None = None
    flags: Mapping[str, str] | None = None

    @property
    def given_file(self) -> Path | None:
        """The file of `--config`, else of AVWAP_CONFIG."""
        named = self.environment.get("AVWAP_CONFIG")
        return self.file or (Path(named).expanduser() if named else None)


def load(sources: Sources) -> Config:
    """The configuration of one run.

    Raises:
        ConfigError: the first problem in one sentence, with the number of the others.
    """
    config, problems = _resolve(sources)
    if config is not None:
        return config
    more = len(problems) - 1
    raise ConfigError(
        problems[0] + (f" (and {more} more; run `avwap config check`)" if more else "")
    )


def check(sources: Sources) -> tuple[str, ...]:
    """Every problem in one sentence each; empty where `load` would succeed."""
    return tuple(_resolve(sources)[1])


def describe(params: Mapping[str, type]) -> list[dict[str, Any]]:
    """Every key of the packaged files: key, file, type in words, default; ready for JSON."""
    return [
        {
            "key": dotted(path),
            "file": name,
            "type": in_words(type_at(path, params)),
            "default": value.plain(),
        }
        for name, tree in layers.packaged().items()
        for path, value in layers.leaves(tree)
    ]


def _resolve(sources: Sources) -> tuple[Config | None, list[str]]:
    packaged = layers.packaged()
    known = layers.stack(packaged.values())
    files, wrong, notes = _files(sources, packaged)
    names = layers.stack([known, *files])
    variables, more = layers.from_environment(sources.environment, names)
    flags, unusable = layers.from_flags(sources.flags or {})
    tree = layers.stack([known, *files, *variables, *flags])
    document, params, problems = validate(tree, sources.params)
    if document is not None:
        problems = cross_check(document, tree, known, sources.params)
    sentences = [*wrong, *more, *unusable, *map(str, problems)]
    if sentences or document is None:
        return None, sentences
    settings = tuple(
        Setting(dotted(path), value.plain(), value.origin) for path, value in layers.leaves(tree)
    )
    return assemble(document, params, settings, (*notes, *warnings(document))), []


def _files(
    sources: Sources, packaged: Mapping[str, Value]
) -> tuple[list[Value], list[str], list[str]]:
    """The trees of home/config and of `--config`, problems, warnings."""
    trees: list[Value] = []
    wrong: list[str] = []
    present = sorted(p for p in sources.home.config.glob("*.y*ml") if p.is_file())
    for path in present:
        if path.name in packaged:
            try:
                tree = layers.read_file(path, f"config/{path.name}")
                wrong += _strangers(tree, path.name, packaged)
                trees.append(tree)
            except ConfigError as error:
                wrong.append(str(error))
    given = sources.given_file
    if given is not None:
        try:
            trees.append(layers.read_file(given, str(given)))
        except ConfigError as error:
            wrong.append(str(error))
    return trees, wrong, _unread(present, given, packaged)


def _strangers(tree: Value, name: str, packaged: Mapping[str, Value]) -> list[str]:
    """Sections that belong to another file: two files must never disagree about one key."""
    owners = {
        section: file
        for file, known in packaged.items()
        if isinstance(known.content, dict)
        for section in known.content
    }
    sections = tree.content if isinstance(tree.content, dict) else {}
    return [
        str(
            Problem(
                (section,),
                value.origin,
                f"expected in config/{owners[section]}, found in config/{name}",
                "move it there",
            )
        )
        for section, value in sections.items()
        if owners.get(section, name) != name
    ]


def _unread(present: list[Path], file: Path | None, packaged: Mapping[str, Value]) -> list[str]:
    passed = file.resolve() if file is not None else None
    return [
        f"config/{path.name} is not read; "
        + (
            layers.did_you_mean(path.name, packaged)
            or f"the files are {', '.join(packaged)}; pass others with --config"
        )
        for path in present
        if path.name not in packaged and path.resolve() != passed
    ]
