"""`aywa calls`: the newest calls."""

from __future__ import annotations

import argparse
import json
from typing import Any

from aywa_server.api_client import add_api_options, client_for


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = subparsers.add_parser("calls", help="list the newest calls")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="1 to 1000 (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the runtime's own answer")
    add_api_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print one line a call, the newest first."""
    calls = client_for(args).get("/call", limit=args.limit)
    if args.json:
        print(json.dumps(calls, indent=2))
        return 0
    for call in calls:
        print(line_of(call))
    if not calls:
        print("no calls yet")
    return 0


def line_of(call: dict[str, Any]) -> str:
    """A call in one line."""
    reason = call.get("endedReason") or ""
    who = call["customer"]["sipUri"]
    return f"{call['id']}  {call['createdAt']}  {call['status']:<11}  {who}  {reason}".rstrip()
