"""Progress: a bar on a terminal, sparse lines elsewhere, nothing when quiet."""

from __future__ import annotations

import io

import pytest

from avwap_cli.adapters.progress import BarProgress, LineProgress, SilentProgress, progress_on
from avwap_cli.ports import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_stream_chooses() -> None:
    assert isinstance(progress_on(Terminal(), quiet=False), BarProgress)
    assert isinstance(progress_on(io.StringIO(), quiet=False), LineProgress)
    assert isinstance(progress_on(Terminal(), quiet=True), SilentProgress)


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
@pytest.mark.parametrize("quiet", [True, False])
def test_every_implementation_takes_a_whole_piece_of_work(stream: io.StringIO, quiet: bool) -> None:
    progress: Progress = progress_on(stream, quiet)
    progress.say("before")
    for total in (3, None):
        progress.begin("bars [x]", total)
        progress.advance(1, "[/weird] AAPL")
        progress.say("one [bold]thing")
        progress.end("3 symbols")
    progress.end()
    shown = stream.getvalue()
    assert ("one [bold]thing" in shown) or quiet
    assert ("bars [x]: 3 symbols" in shown) or quiet


def test_lines_are_sparse_and_tell_what_is_left() -> None:
    moments = iter([0.0, 10.0, 30.0, 59.0, 100.0])
    out = io.StringIO()
    progress = LineProgress(out, monotonic=lambda: next(moments))
    progress.begin("bars", 300)
    for done in (50, 100, 200):
        progress.advance(done)
    progress.end("300 symbols")
    assert out.getvalue().splitlines() == [
        "bars: 300",
        "bars: 100 of 300, about 60 s left",
        "bars: 300 symbols, 100.0 s",
    ]


def test_silence_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    progress = SilentProgress()
    progress.begin("bars", 3)
    progress.advance(1)
    progress.say("x")
    progress.end("y")
    assert capsys.readouterr() == ("", "")
