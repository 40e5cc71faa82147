"""`aywa say CALL TEXT`: speak in a live call."""

from __future__ import annotations

import argparse

from aywa_server.api_client import add_api_options, call_path, client_for


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = subparsers.add_parser("say", help="speak in a live call")
    parser.add_argument("call", metavar="CALL", help="the call's id")
    parser.add_argument("text", metavar="TEXT", help="what the assistant says")
    parser.add_argument("--end", action="store_true", help="hang up once it was heard")
    parser.add_argument("--now", action="store_true", help="cut what is being said")
    parser.add_argument("--protected", action="store_true", help="the caller cannot interrupt it")
    add_api_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Send the command."""
    body = {
        "type": "say",
        "content": args.text,
        "endCallAfterSpoken": args.end,
        "interruptAssistantEnabled": args.now,
        "interruptionsEnabled": not args.protected,
    }
    client_for(args).post(call_path(args.call, "/control"), body)
    print("accepted")
    return 0
