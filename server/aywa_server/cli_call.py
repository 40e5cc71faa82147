"""`aywa call`: place a SIP call, play recordings into it, measure what comes back."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import SystemRandom

import trio

from aywa.artifacts.wav import write_stereo
from aywa.caller.clips import PHONE_RATE_HZ, WIDE_RATE_HZ, read_clip
from aywa.caller.report import CallReport
from aywa.caller.script import parse_line
from aywa.caller.session import PLAIN_MEDIA, CallPlan, PlacedCall, place_call
from aywa.errors import AywaError, ParseError, RequestError
from aywa.log import configure_logging
from aywa.media.engine import open_media_engine
from aywa.proto.sdp.formats import CODECS
from aywa.proto.sip.uri import Uri, parse_uri
from aywa.settings import MediaSettings, SipSettings
from aywa.settings.reader import member, parts
from aywa.ua.uas import IncomingCall
from aywa.ua.user_agent import open_user_agent
from aywa_server.cli_dial import add_dial_options, asks_runtime, dial
from aywa_server.follow import open_follower

# Above aywa-media's default range, so that both run on one host.
_RTP_PORT_MIN, _RTP_PORT_MAX = 24576, 26623
_NARROW = {"PCMU", "PCMA"}
_CALLER = "sip:caller@127.0.0.1"
_SRTP = ("off", "optional", "required")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "call",
        help="call somebody through the runtime, or play recordings into a SIP call and measure the answers",
        description="With a number, or with --trunk, the runtime places the call and its assistant talks. "
        "With a SIP URI this command calls by itself and measures: each clip is played when the other has "
        "finished speaking, or at its time: FILE@2.5 is 2.5 s after the answer, FILE@+1.2 is 1.2 s after the "
        "other side next begins to speak (an interruption).",
    )
    parser.add_argument(
        "--to", required=True, metavar="URI|NUMBER", help="sip:1000@127.0.0.1:5080, or +4930123456"
    )
    parser.add_argument(
        "--from", dest="from_uri", metavar="URI|NUMBER", help=f"who is shown as calling ({_CALLER})"
    )
    add_dial_options(parser)
    parser.add_argument("--play", action="append", default=[], metavar="FILE[@TIME]", help="a WAV file")
    parser.add_argument("--save", metavar="FILE", help="write a stereo WAV: heard left, sent right")
    parser.add_argument("--report", metavar="FILE", help="write the measurements as JSON (- prints them)")
    parser.add_argument(
        "--codec", action="append", default=[], metavar="NAME", help=f"offer this; {', '.join(CODECS)}"
    )
    parser.add_argument("--srtp", choices=_SRTP, default="off", help="offer SRTP (default %(default)s)")
    parser.add_argument("--ptime", type=int, default=20, metavar="MS", help="packets of 10 to 60 ms")
    parser.add_argument("--host", default="127.0.0.1", help="the address to call from (default %(default)s)")
    parser.add_argument("--gap", type=float, default=0.8, metavar="S", help="silence that ends their turn")
    parser.add_argument("--linger", type=float, default=3.0, metavar="S", help="silence before hanging up")
    parser.add_argument("--max", type=float, default=300.0, metavar="S", help="the longest the call may last")
    parser.add_argument("--follow", metavar="URL", help="the runtime's API: prints what is said")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the verb; 0 when the call was answered, 1 when it was not, 2 when it could not be tried."""
    if asks_runtime(args):
        return dial(args)
    configure_logging(level="WARNING", human=True)
    try:
        plan = plan_from(args)
        placed = trio.run(_call, args, plan)
    except AywaError as error:
        print(f"aywa call: {error.detail}", file=sys.stderr)
        return 2
    return _finish(args, placed)


def plan_from(args: argparse.Namespace) -> CallPlan:
    """The plan of the command line. Raises `RequestError` that names what is wrong."""
    if args.follow and not args.api_key:
        raise RequestError("--follow needs --api-key", field="api-key")
    lines = [parse_line(text) for text in args.play]
    media = media_from(args)
    # The clips are made narrower, should the answer name a codec of the telephone band.
    rate_hz = PHONE_RATE_HZ if set(media.codecs) <= _NARROW else WIDE_RATE_HZ
    return CallPlan(
        target=_uri("to", args.to),
        from_uri=_uri("from", args.from_uri or _CALLER),
        lines=tuple((line, read_clip(line.path, rate_hz)) for line in lines),
        turn_gap_s=args.gap,
        linger_s=args.linger,
        max_s=args.max,
        media=media,
    )


def media_from(args: argparse.Namespace) -> MediaSettings:
    """What the command line offers. Raises `RequestError` that names what is wrong."""
    if not 10 <= args.ptime <= 60 or args.ptime % 10:
        raise RequestError("--ptime is 10, 20, 30, 40, 50 or 60", field="ptime")
    names = [name for text in args.codec for name in parts(text)] or list(PLAIN_MEDIA.codecs)
    try:
        codecs = tuple(dict.fromkeys(member(name, tuple(CODECS)) for name in names))
    except ValueError:
        raise RequestError(f"--codec is one of {', '.join(CODECS)}", field="codec") from None
    return replace(PLAIN_MEDIA, codecs=codecs, ptime_ms=args.ptime, srtp=args.srtp)


def _uri(option: str, text: str) -> Uri:
    try:
        return parse_uri(text)
    except ParseError as error:
        rule = f"--{option} {text!r} is not a SIP URI such as sip:1000@127.0.0.1:5080 ({error.detail})"
        raise RequestError(rule, field=option) from error


async def _call(args: argparse.Namespace, plan: CallPlan) -> PlacedCall:
    def say(kind: str, data: dict[str, object]) -> None:
        print(f"  {kind:<9}" + "  ".join(f"{key} {value}" for key, value in data.items()), flush=True)

    if not args.follow:
        return await call_once(plan, args.host, say)
    async with open_follower(args.follow, args.api_key) as follower:
        return await call_once(plan, args.host, follower.observe)


async def call_once(
    plan: CallPlan, host: str, observer: Callable[[str, dict[str, object]], None]
) -> PlacedCall:
    """Open a user agent and an engine for one call, place it and close both."""
    rng = SystemRandom()
    media = MediaSettings(
        host=host, rtp_port_min=_RTP_PORT_MIN, rtp_port_max=_RTP_PORT_MAX, port_quarantine_s=0.0
    )
    sip = SipSettings(host=host, port=0, trunks=(), user_agent="aywa call")
    async with (
        open_media_engine(media, rng=rng) as engine,
        open_user_agent(sip, rng=rng, on_call=decline) as agent,
    ):
        return await place_call(agent, engine, plan, rng=rng, observer=observer)


async def decline(call: IncomingCall) -> None:
    """Refuse an incoming call: a caller that measures takes none."""
    await call.reject(486)


def _finish(args: argparse.Namespace, placed: PlacedCall) -> int:
    report = placed.report
    if args.save and placed.stereo:
        write_stereo(Path(args.save), placed.stereo, placed.rate_hz)
        report = replace(report, recording=args.save)
    if args.report == "-":
        print(json.dumps(report.as_json(), indent=2))
    elif args.report:
        Path(args.report).write_text(json.dumps(report.as_json(), indent=2) + "\n")
    print(summary(report))
    return 0 if report.answered_ms is not None else 1


def summary(report: CallReport) -> str:
    """The report in a few lines for a person."""
    if report.answered_ms is None:
        return f"not answered: {report.ended_by}, SIP status {report.sip_status}"
    lines = [f"answered in {report.answered_ms:.0f} ms, ended by {report.ended_by}"]
    for turn in report.turns:
        latency = "no answer" if turn.latency_ms is None else f"answered after {turn.latency_ms:.0f} ms"
        barge_in = "" if turn.barge_in_ms is None else f", yielded in {turn.barge_in_ms:.0f} ms"
        lines.append(f"  {turn.clip:<12} {latency}{barge_in}")
    network = report.network
    lines.append(
        f"received {network.received} packets, lost {network.lost}, longest gap {network.max_gap_ms:.0f} ms"
    )
    return "\n".join(lines)
