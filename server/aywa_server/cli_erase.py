"""`aywa erase`: forget a call, or every call of a telephone number."""

from __future__ import annotations

import argparse
import json
from typing import Any

from aywa_server.api_client import ApiError, add_api_options, call_path, client_for


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "erase",
        help="forget a call, or every call of a number",
        description="Deletes rows, transcript, timeline, messages, recordings and captures. It cannot be "
        "undone, and a database that is restored later forgets them again.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--call", metavar="CALL_ID", help="a call that has ended")
    what.add_argument("--number", metavar="NUMBER", help="every call from or to it, such as +4930123456")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="print the runtime's own answer")
    add_api_options(parser)
    parser.set_defaults(run=_erase)


def _erase(args: argparse.Namespace) -> int:
    whom = f"call {args.call}" if args.call else f"every call of {args.number}"
    if not args.yes and not _is_meant(whom):
        raise ApiError("nothing was erased")
    client = client_for(args)
    if args.call:
        report = client.delete(call_path(args.call))
    else:
        report = client.post("/erasure", {"phoneNumber": args.number})
    print(json.dumps(report, indent=2) if args.json else text_of(report))
    return 0


def _is_meant(whom: str) -> bool:
    try:
        return input(f"erase {whom} for good? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def text_of(report: dict[str, Any]) -> str:
    """The report for people."""
    counts = (
        ", ".join(f"{count} in {name}" for name, count in report["erased"].items()) or "nothing was there"
    )
    lines = [f"erased {report['calls']} calls: {counts}"]
    lines += [f"under way: {each['callId']} ({each['why']})" for each in report["underWay"]]
    return "\n".join(lines)
