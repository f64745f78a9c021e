"""Frames: what goes over a websocket, and what a session of one looks like to a door.

A session is told what came in and says what goes out; it never waits and owns no socket.
Pings, fragments and the closing handshake are the door's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Close:
    """The end of a connection: a websocket close code and its reason."""

    code: int = 1000
    reason: str = ""


Frame = bytes | str | Close
"""A binary frame, a text frame, or the end: nothing follows a `Close`."""


class StreamSession(Protocol):
    """One connection."""

    @property
    def closed(self) -> bool:
        """Whether a `Close` has been given out; nothing comes after it."""

    def opened(self) -> list[Frame]:
        """What the server says first."""

    def receive(self, data: bytes | str) -> list[Frame]:
        """The answers to one whole message, text or binary."""

    def idle(self, open_s: float, /) -> list[Frame]:
        """Called now and then with the seconds since the connection was opened.

        A data connection that has not logged in after 10 seconds is told so and closed.
        """

    def overrun(self) -> list[Frame]:
        """The farewell to a client that does not take what it is sent; ends in a `Close`."""
