"""`aywa end CALL`: hang up."""

from __future__ import annotations

import argparse

from aywa_server.api_client import add_api_options, call_path, client_for


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = subparsers.add_parser("end", help="end a live call")
    parser.add_argument("call", metavar="CALL", help="the call's id")
    add_api_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Send the command."""
    client_for(args).post(call_path(args.call, "/control"), {"type": "end-call"})
    print("ended")
    return 0
