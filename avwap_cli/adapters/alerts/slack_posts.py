"""Slack's webhook: one POST, its status, and how long it asks to wait.

Other servers take the same form (Mattermost, Rocket.Chat), and so does a receiver of one's own.
Apprise, which sends to all else, knows Slack by its own host alone and keeps the status and
Retry-After to itself; so this one is sent here.
"""

from __future__ import annotations

import json
from html import escape
from time import monotonic
from typing import TYPE_CHECKING

from avwap_cli.adapters.alerts.answers import Answer, broken, refused
from avwap_cli.review.digests import Message, Severity

if TYPE_CHECKING:
    from requests import Response

COLORS = {Severity.INFO: "#3aa3e3", Severity.WARNING: "#caa82f", Severity.PAGE: "#a32037"}
MOST_BYTES = 10_000


def post_to_slack(url: str, message: Message, timeout_s: float) -> Answer:
    """Send it; never raises for what the other side does.

    Args:
        url: the webhook's address, a secret.
        timeout_s: for the connection and for each read.
    """
    import requests

    try:
        with requests.post(
            url, json=payload(message), timeout=timeout_s, allow_redirects=False, stream=True
        ) as answer:
            body = _read(answer, timeout_s)
            status, retry_after = answer.status_code, answer.headers.get("Retry-After")
    except (requests.RequestException, OSError, ValueError) as problem:
        return broken(problem)
    except _library_errors() as problem:
        return broken(problem)
    if not 200 <= status < 300:
        return refused(status, retry_after)
    if _is_yes(body):
        return Answer(True, f"HTTP {status}")
    return Answer(False, f"HTTP {status}, but the answer is not that of a webhook", again=True)


def _read(answer: Response, timeout_s: float) -> bytes:
    """What it says, as far as it comes in time; a server may send a byte now and then."""
    until, body = monotonic() + timeout_s, b""
    for part in answer.iter_content(1):
        body += part
        if len(body) >= MOST_BYTES or monotonic() > until:
            break
    return body


def payload(message: Message) -> dict[str, object]:
    """The message in Slack's form."""
    return {
        "text": f"*{_plain(message.title)}*",
        "attachments": [
            {
                "color": COLORS[message.severity],
                "fallback": _plain(message.title),
                "mrkdwn_in": ["text"],
                "text": _body(message),
            }
        ],
    }


def _body(message: Message) -> str:
    parts = ["\n".join(map(_plain, message.lines))]
    if message.table:
        table = "\n".join(_plain(line).replace("`", "'") for line in message.table)
        parts.append(f"```\n{table}\n```")
    parts.append("\n".join(map(_plain, message.foot)))
    return "\n".join(part for part in parts if part)


def _plain(text: str) -> str:
    """Slack reads links and calls to everybody out of these three characters, and no others."""
    return escape(text, quote=False)


def _is_yes(body: bytes) -> bool:
    text = body.decode("utf-8", "replace").strip()
    if text == "ok":
        return True
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and (
        document.get("ok") is True or document.get("success") is True
    )


def _library_errors() -> type[Exception]:
    """What is raised below `requests` when its raw stream is read."""
    from urllib3.exceptions import HTTPError

    return HTTPError
