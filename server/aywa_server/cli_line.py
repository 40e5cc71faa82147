"""`aywa mute`, `unmute`, `hold`, `resume`, `recording` and `card`: what may be done to a live call's line."""

from __future__ import annotations

import argparse

from aywa_server.api_client import add_api_options, call_path, client_for

_SIDES = ("assistant", "customer")
_VERBS = {
    "mute": "silence one side of a live call",
    "unmute": "hear that side again",
    "hold": "put the caller on hold, with music",
    "resume": "take the caller off hold",
}


_KEPT = {
    "recording": (("stop", "pause", "resume"), "end or pause the recording of a live call"),
    "card": (("pause", "resume"), "keep card data out of everything that is kept of a live call"),
}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs."""
    for verb, meaning in _VERBS.items():
        parser = subparsers.add_parser(verb, help=meaning)
        parser.add_argument("call", metavar="CALL", help="the call's id")
        if verb.endswith("mute"):
            parser.add_argument("side", choices=_SIDES, help="whom")
        add_api_options(parser)
        parser.set_defaults(run=run)
    for noun, (actions, meaning) in _KEPT.items():
        parser = subparsers.add_parser(noun, help=meaning)
        parser.add_argument("call", metavar="CALL", help="the call's id")
        parser.add_argument("action", choices=actions)
        add_api_options(parser)
        parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Send the command."""
    verb = f"{args.verb}-{args.side}" if "side" in args else args.verb
    if "action" in args:
        verb = f"{args.action}-{args.verb}"
    client_for(args).post(call_path(args.call, "/control"), {"type": "control", "control": verb})
    print("accepted")
    return 0
