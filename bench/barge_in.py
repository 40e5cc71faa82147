"""Barge-in through the whole runtime, on the waveform, with and without a thread that hogs the GIL.

A recorded human interrupts the assistant in mid-sentence, again and again, over real SIP and RTP on loopback.
The figure runs from the first audible sample sent to the last audible sample received.

    python -m bench.barge_in [--interruptions N] [--calls N]
"""

from __future__ import annotations

import argparse
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

import trio

from aywa.caller.clips import Clip, read_clip
from aywa.caller.measure import percentile
from aywa.caller.report import CallReport
from aywa.caller.script import Cue, Line
from aywa.caller.session import CallPlan, place_call
from aywa.log import configure_logging
from aywa.media.engine import open_media_engine
from aywa.proto.sip.uri import parse_uri
from aywa.settings import MediaSettings, SipSettings
from aywa.ua.user_agent import open_user_agent
from aywa_server.child import COMMAND, open_child
from aywa_server.cli_call import decline
from aywa_server.demo import sounds_folder
from tests.kit.ports import free_port

_WORDS = ("digits/day-5", "digits/3", "digits/day-1", "digits/2", "digits/tomorrow")
# Seconds into the assistant's sentence: in the middle of a word, where there is something to yield.
_INTO_SENTENCE_S = (0.9, 1.3, 1.1, 0.7, 0.9)
_PER_CALL = 5
_MAX_CALLS = 3  # times as many as needed if every clip met the assistant speaking
_MAX_GAP_MS = 40.0
_HOGGED = (sys.executable, "-m", "bench.hogged_runtime")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. Milliseconds."""

    name: str
    interruptions: int
    yielded: int
    p50: float | None
    p95: float | None
    worst: float | None
    longest_gap: float
    lost: int

    def reached(self, asked: int) -> bool:
        """As many interruptions as asked for, each yielded to, 95 % within 60 ms, and clean RTP."""
        yielded = self.yielded >= self.interruptions >= asked and self.p95 is not None and self.p95 <= 60
        return yielded and self.lost == 0 and self.longest_gap <= _MAX_GAP_MS


def _plan(sip_port: int, clips: list[Clip]) -> CallPlan:
    timed = zip(clips, _INTO_SENTENCE_S, strict=True)
    lines = tuple((Line(clip.name, Cue.SPEECH, seconds), clip) for clip, seconds in timed)
    return CallPlan(
        target=parse_uri(f"sip:hotel@127.0.0.1:{sip_port}"),
        from_uri=parse_uri("sip:bench@127.0.0.1"),
        lines=lines,
        linger_s=1.0,
        turn_timeout_s=8.0,
        max_s=90.0,
    )


async def _interrupt(sip_port: int, total: int, at_once: int) -> list[CallReport]:
    folder = sounds_folder()
    clips = [read_clip(str(folder / f"{word}.wav")) for word in _WORDS]
    rng = SystemRandom()
    reports: list[CallReport] = []
    media = MediaSettings(rtp_port_min=24576, rtp_port_max=26623, port_quarantine_s=0.0)
    sip = SipSettings(port=0, trunks=(), user_agent="aywa bench")

    async def caller() -> None:
        for _ in range(_MAX_CALLS * total // (_PER_CALL * at_once) + 1):
            if talked_over(reports) >= total:
                return
            placed = await place_call(agent, engine, _plan(sip_port, clips), rng=rng, observer=_ignore)
            reports.append(placed.report)

    async with (
        open_media_engine(media, rng=rng) as engine,
        open_user_agent(sip, rng=rng, on_call=decline) as agent,
        trio.open_nursery() as nursery,
    ):
        for _ in range(at_once):
            nursery.start_soon(caller)
    return reports


def talked_over(reports: list[CallReport]) -> int:
    """How many clips began while the assistant was speaking."""
    return sum(turn.talked_over for report in reports for turn in report.turns)


def _ignore(kind: str, data: dict[str, object]) -> None:
    """An observer that keeps quiet."""


async def measure(name: str, command: tuple[str, ...], total: int, at_once: int) -> Row:
    """Start a runtime with this command, interrupt it `total` times and stop it."""
    with tempfile.TemporaryDirectory(prefix="aywa-bench-") as folder:
        settings = {
            "RUNTIME_HTTP_PORT": str(free_port()),
            "RUNTIME_SIP_PORT": str(free_port(socket.SOCK_DGRAM)),
            "RUNTIME_RTP_PORT_MIN": "20000",  # above what `free_port` gives, below the callers'
            "RUNTIME_RTP_PORT_MAX": "24575",
            "RUNTIME_DATA_DIR": str(Path(folder) / "data"),
            "RUNTIME_API_KEY": "bench-key-0123456789abcdef",
            "RUNTIME_AI_DISCLOSURE": "false",
        }
        async with open_child(settings, Path(folder) / "log", command=command) as child:
            reports = await _interrupt(child.sip_port, total, at_once)
    figures = [
        turn.barge_in_ms for report in reports for turn in report.turns if turn.barge_in_ms is not None
    ]
    return Row(
        name=name,
        interruptions=talked_over(reports),
        yielded=len(figures),
        p50=percentile(figures, 0.5),
        p95=percentile(figures, 0.95),
        worst=max(figures, default=None),
        longest_gap=max((report.network.max_gap_ms for report in reports), default=0.0),
        lost=sum(report.network.lost for report in reports),
    )


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| runtime | interruptions | yielded | p50 ms | p95 ms | worst ms | longest RTP gap ms | lost |"]
    lines.append("|---|--:|--:|--:|--:|--:|--:|--:|")
    for row in rows:
        figures = " | ".join("-" if v is None else f"{v:.0f}" for v in (row.p50, row.p95, row.worst))
        lines.append(
            f"| {row.name} | {row.interruptions} | {row.yielded} | {figures} "
            f"| {row.longest_gap:.1f} | {row.lost} |"
        )
    return "\n".join(lines)


async def run(total: int, at_once: int) -> list[Row]:
    """Both rows: the runtime alone and beside a GIL hog."""
    return [
        await measure("alone", COMMAND, total, at_once),
        await measure("with a thread holding the GIL 30 ms of every 200", _HOGGED, total, at_once),
    ]


def main() -> int:
    """Print the table; 1 when a row misses what `Row.reached` asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interruptions", type=int, default=100)
    parser.add_argument("--calls", type=int, default=5, help="calls at the same time")
    args = parser.parse_args()
    configure_logging(level="WARNING")
    rows = trio.run(run, args.interruptions, args.calls)
    print(table(rows))
    return 0 if all(row.reached(args.interruptions) for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
