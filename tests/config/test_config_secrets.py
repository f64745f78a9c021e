"""Secrets come from the environment or `.env`, and are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from avwap_cli.config import load_secrets
from avwap_cli.errors import ConfigError
from avwap_cli.home import Home


def env_file(root: Path, text: str | bytes, mode: int = 0o600) -> Home:
    home = Home(root)
    home.env_file.write_bytes(text.encode() if isinstance(text, str) else text)
    home.env_file.chmod(mode)
    return home


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    home = env_file(tmp_path, "ALPACA_API_KEY=from-file\nALPACA_SECRET_KEY=two\n")
    secrets = load_secrets(home, {"ALPACA_API_KEY": "from-env", "SLACK_WEBHOOK_URL": ""})
    assert dict(secrets.values) == {"ALPACA_API_KEY": "from-env", "ALPACA_SECRET_KEY": "two"}
    assert [(row.key, row.value, row.origin) for row in secrets.masked()] == [
        ("ALPACA_API_KEY", "***", "environment ALPACA_API_KEY"),
        ("ALPACA_SECRET_KEY", "***", ".env:2"),
        ("SLACK_WEBHOOK_URL", None, "not set"),
    ]
    assert secrets.warnings == ()


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("ALPACA_API_KEY=plain", "plain"),
        ("  export ALPACA_API_KEY = spaced  ", "spaced"),
        ("ALPACA_API_KEY='a b#c' # why", "a b#c"),
        ('ALPACA_API_KEY="q=1"', "q=1"),
        ("ALPACA_API_KEY=a#b # comment", "a#b"),
        ("# comment\n\nALPACA_API_KEY=x\r\nOTHER=1", "x"),
    ],
)
def test_lines_of_the_file(tmp_path: Path, line: str, value: str) -> None:
    assert load_secrets(env_file(tmp_path, line), {}).values["ALPACA_API_KEY"] == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sk-verysecret", ".env:1: expected NAME=VALUE"),
        ("\nALPACA_API_KEY='verysecret", ".env:2: ALPACA_API_KEY: expected a closing quote"),
        ("verysecret value=1", ".env:1: expected NAME=VALUE"),
        (b"ALPACA_API_KEY=verysecret\xff", ".env: expected UTF-8"),
        ("#" * 64_001, ".env: expected at most"),
    ],
)
def test_a_wrong_file_is_told_without_its_content(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_secrets(env_file(tmp_path, text), {})
    assert message in str(caught.value)
    assert "verysecret" not in str(caught.value)


def test_printing_shows_none_of_them(tmp_path: Path) -> None:
    secrets = load_secrets(Home(tmp_path), {"ALPACA_API_KEY": "PK12verysecret"})
    for text in (repr(secrets), str(secrets), f"{secrets}", str(secrets.masked())):
        assert "PK12" not in text
        assert "***" in text


def test_a_file_that_others_can_read_is_worth_a_warning(tmp_path: Path) -> None:
    home = env_file(tmp_path, "ALPACA_API_KEY=x\nAVWAP_DATA__FEED=iex\n", mode=0o644)
    readable, ignored = load_secrets(home, {}).warnings
    assert readable == f"others can read your secrets; run `chmod 600 {home.env_file}`"
    assert ignored.startswith(".env:2: AVWAP_DATA__FEED is not read from here")


def test_names_that_the_configuration_gives_are_read_and_masked_too(tmp_path: Path) -> None:
    home = env_file(tmp_path, "PHONE_URL=json://canary/one\nOTHER_URL=json://canary/two\n")
    secrets = load_secrets(home, {"MAIL_URL": "mailto://canary"}, ["PHONE_URL", "MAIL_URL"])
    assert secrets.values == {"PHONE_URL": "json://canary/one", "MAIL_URL": "mailto://canary"}
    shown = {row.key: row.value for row in secrets.masked()}
    assert shown["PHONE_URL"] == shown["MAIL_URL"] == "***"
    assert "OTHER_URL" not in shown
    assert "canary" not in repr(secrets)
