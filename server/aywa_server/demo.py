"""The demonstration behind `make run`: a recorded human books a room over real SIP and RTP on loopback."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio

from aywa.caller.clips import read_clip
from aywa.caller.script import Cue, Line
from aywa.caller.session import CallPlan, PlacedCall
from aywa.errors import AywaError, RequestError
from aywa.log import configure_logging
from aywa.proto.sip.uri import parse_uri
from aywa_server.child import Child, open_child
from aywa_server.cli_call import call_once, summary
from aywa_server.follow import Follower, open_follower

_SOUNDS = (
    Path("/usr/share/asterisk/sounds/en_US_f_Allison"),
    Path("/usr/share/asterisk/sounds/en"),
)
_INTERRUPT_AFTER_S = 1.2  # into the assistant's question, in mid-sentence


@dataclass(frozen=True, slots=True)
class Word:
    """One recording of the demonstration: the file, what the human says in it, and when."""

    file: str
    text: str
    cue: Cue = Cue.TURN


WORDS = (
    Word("digits/day-5", "Friday"),
    Word("digits/3", "three", Cue.SPEECH),
    Word("auth-thankyou", "Thank you."),
    Word("vm-goodbye", "Goodbye"),
)
EXPECTED = {"day": "Friday", "nights": 3}


def main() -> int:
    """Run the demonstration; 0 when the booked slots equal what the human said."""
    parser = argparse.ArgumentParser(prog="python -m aywa_server.demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="exit after the call instead of serving on")
    parser.add_argument("--data-dir", default=os.environ.get("RUNTIME_DATA_DIR", "var"))
    args = parser.parse_args()
    configure_logging(level="WARNING", human=True)
    try:
        return trio.run(_demonstrate, args.once, Path(args.data_dir))
    except AywaError as error:
        print(f"make run: {error.detail}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def sounds_folder() -> Path:
    """Where Debian's asterisk-core-sounds-en-wav lies. Raises `RequestError` when it is not installed."""
    for folder in _SOUNDS:
        if (folder / f"{WORDS[0].file}.wav").exists():
            return folder
    raise RequestError("the recorded voice is missing: install the package asterisk-core-sounds-en-wav")


def plan(sip_port: int) -> CallPlan:
    """The demonstration call to a runtime on this SIP port."""
    folder = sounds_folder()
    lines = []
    for word in WORDS:
        path = str(folder / f"{word.file}.wav")
        lines.append((Line(path, word.cue, _INTERRUPT_AFTER_S), read_clip(path)))
    return CallPlan(
        target=parse_uri(f"sip:hotel@127.0.0.1:{sip_port}"),
        from_uri=parse_uri("sip:guest@127.0.0.1"),
        lines=tuple(lines),
    )


def child_settings(environ: Mapping[str, str], data_dir: Path) -> dict[str, str]:
    """What the demonstration's `aywa-media` runs with; anything set in the environment stays."""
    defaults = {
        "RUNTIME_HTTP_PORT": "8080",
        "RUNTIME_SIP_PORT": "5080",
        "RUNTIME_DATA_DIR": str(data_dir),
        "RUNTIME_API_KEY": f"aywa_dev_{secrets.token_urlsafe(24)}",
        "RUNTIME_RECORD": "true",  # whoever tries it wants to hear it
    }
    return {name: environ.get(name) or value for name, value in defaults.items()}


async def _demonstrate(once: bool, data_dir: Path) -> int:
    settings = child_settings(os.environ, data_dir)
    await trio.Path(data_dir).mkdir(parents=True, exist_ok=True)
    print("starting aywa-media (the first start makes a database) ...", flush=True)
    async with open_child(settings, data_dir / "aywa-media.log") as child:
        key, port = settings["RUNTIME_API_KEY"], settings["RUNTIME_HTTP_PORT"]
        url = f"http://127.0.0.1:{port}"
        print(f"a recorded human calls sip:hotel@127.0.0.1:{child.sip_port}", flush=True)
        async with open_follower(url, key) as follower:
            placed = await call_once(plan(child.sip_port), "127.0.0.1", follower.observe)
            call = await _ended_call(child, placed, follower)
        passed = _print_outcome(placed, call, data_dir)
        if not once:
            await _serve_on(child, url, key)
    return 0 if passed else 1


async def _ended_call(child: Child, placed: PlacedCall, follower: Follower) -> dict[str, Any]:
    with trio.fail_after(10):
        while True:
            await follower.refresh(placed.report.sip_call_id)
            call = await child.call_with(placed.report.sip_call_id)
            if call is not None and call["status"] == "ended":
                return call
            await trio.sleep(0.1)


def _print_outcome(placed: PlacedCall, call: dict[str, Any], data_dir: Path) -> bool:
    print("\nmeasured on the caller's waveform")
    print(summary(placed.report))
    slots = dict(call["artifact"]["variableValues"])
    said = " / ".join(word.text for word in WORDS)
    print(f"\nthe human said    {said}")
    print(f"the call settled  {slots}  ({call['endedReason']})")
    artifact = call["artifact"]
    print(f"recording   {os.path.relpath(artifact['recordingPath'])}")
    print(f"transcript  GET /call/{call['id']}")
    print(f"timeline    GET /call/{call['id']}/timeline")
    print(f"log         {data_dir / 'aywa-media.log'}", flush=True)
    passed = all(slots.get(name) == value for name, value in EXPECTED.items())
    if not passed:
        print(f"the settled values should have been {EXPECTED}", file=sys.stderr)
    return passed


async def _serve_on(child: Child, url: str, key: str) -> None:
    print(f"\nserving: SIP on 127.0.0.1:{child.sip_port}, API on {url}")
    print(f"  curl -H 'Authorization: Bearer {key}' {url}/call")
    print(f"  aywa call --to sip:hotel@127.0.0.1:{child.sip_port} --play FILE.wav")
    print("Ctrl-C ends it", flush=True)
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            return


if __name__ == "__main__":
    sys.exit(main())
