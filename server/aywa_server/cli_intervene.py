"""`aywa tell`, `first-message`, `press`, `sip` and `handoff`: a word in the conversation of a live call."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from aywa_server.api_client import add_api_options, call_path, client_for

_KEPT = ("all", "userAndAssistantMessages", "lastNMessages", "none")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verbs."""
    tell = _verb(subparsers, "tell", "add to what the model knows of a live call", _tell)
    tell.add_argument("text", metavar="TEXT", help="what is added")
    tell.add_argument("--as", dest="role", choices=("system", "user", "assistant"), default="system")
    tell.add_argument("--silent", action="store_true", help="the assistant says nothing to it")
    _verb(subparsers, "first-message", "say the first message in a live call", _first_message)
    press = _verb(subparsers, "press", "press keys in a live call", _press)
    press.add_argument("keys", metavar="KEYS", help="0-9 * # A-D; w is half a second's pause")
    sip = _verb(subparsers, "sip", "send a SIP request in a live call", _sip)
    sip.add_argument("method", choices=("INFO", "MESSAGE", "NOTIFY"))
    sip.add_argument("body", metavar="BODY", nargs="?", default="")
    sip.add_argument("--header", action="append", default=[], metavar="NAME:VALUE")
    handoff = _verb(subparsers, "handoff", "let another assistant go on with a live call", _handoff)
    handoff.add_argument("assistant", metavar="ASSISTANT", help="the id of an assistant")
    handoff.add_argument("--say", default="", metavar="TEXT", help="said before")
    handoff.add_argument("--keep", choices=_KEPT, default="all", help="what of the conversation it knows")
    handoff.add_argument("--last", type=int, metavar="N", help="how many messages lastNMessages means")


def run(args: argparse.Namespace) -> int:
    """Send the command."""
    body: dict[str, object] = args.command(args)
    client_for(args).post(call_path(args.call, "/control"), body)
    print("accepted")
    return 0


def _verb(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    meaning: str,
    command: Callable[[argparse.Namespace], dict[str, object]],
) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(name, help=meaning)
    parser.add_argument("call", metavar="CALL", help="the call's id")
    add_api_options(parser)
    parser.set_defaults(run=run, command=command)
    return parser


def _tell(args: argparse.Namespace) -> dict[str, object]:
    message = {"role": args.role, "content": args.text}
    return {"type": "add-message", "message": message, "triggerResponseEnabled": not args.silent}


def _first_message(args: argparse.Namespace) -> dict[str, object]:
    return {"type": "control", "control": "say-first-message"}


def _press(args: argparse.Namespace) -> dict[str, object]:
    return {"type": "dtmf", "digits": args.keys}


def _sip(args: argparse.Namespace) -> dict[str, object]:
    named = [header.partition(":") for header in args.header]
    headers = {name.strip(): value.strip() for name, _, value in named}
    message = {"transport": "vapi.sip", "sipVerb": args.method, "headers": headers, "body": args.body}
    return {"type": "send-transport-message", "message": message}


def _handoff(args: argparse.Namespace) -> dict[str, object]:
    context = {"type": args.keep, **({} if args.last is None else {"maxMessages": args.last})}
    destination = {"type": "assistant", "assistantId": args.assistant, "contextEngineeringPlan": context}
    return {"type": "handoff", "destination": destination, "content": args.say}
