"""`aywa artifacts list|retry`: where calls' files are, and storing what waits at once."""

from __future__ import annotations

import argparse
import json
from typing import Any

from aywa_server.api_client import add_api_options, client_for


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = subparsers.add_parser("artifacts", help="where calls' files are, and store at once what waits")
    verbs = parser.add_subparsers(dest="what", required=True, metavar="list|retry")
    listing = verbs.add_parser("list", help="the newest artifacts that wait, or others")
    listing.add_argument(
        "--state",
        choices=("waiting", "stored", "kept", "lost", "any"),
        default="waiting",
        help="default: %(default)s",
    )
    listing.add_argument("--call", metavar="ID", help="those of this call")
    listing.add_argument("--limit", type=int, default=20, metavar="N", help="1 to 1000 (default %(default)s)")
    listing.add_argument("--json", action="store_true", help="print the runtime's own answer")
    add_api_options(listing)
    listing.set_defaults(run=run_list)
    retry = verbs.add_parser("retry", help="try what waits at once, instead of when it is due")
    retry.add_argument("call", nargs="?", metavar="CALL", help="of this call; default: of all")
    add_api_options(retry)
    retry.set_defaults(run=run_retry)


def run_list(args: argparse.Namespace) -> int:
    """Print one line an artifact, the newest first."""
    asked = {"state": None if args.state == "any" else args.state, "callId": args.call}
    given = {name: value for name, value in asked.items() if value}
    found = client_for(args).get("/artifact", limit=args.limit, **given)
    if args.json:
        print(json.dumps(found, indent=2))
        return 0
    for artifact in found:
        print(line_of(artifact))
    if not found:
        print("no artifacts" if args.state == "any" else f"no artifacts are {args.state}")
    return 0


def run_retry(args: argparse.Namespace) -> int:
    """Say of how many calls."""
    order: dict[str, object] = {"callId": args.call} if args.call else {}
    retried = client_for(args).post("/artifact/retry", order)["retried"]
    print(f"tried again: artifacts of {retried} calls" if retried else "nothing waits")
    return 0 if retried else 1


def line_of(artifact: dict[str, Any]) -> str:
    """An artifact in one line."""
    size = artifact.get("bytes")
    return (
        f"{artifact['callId']}  {artifact['createdAt']}  {artifact['state']:<7}  {artifact['type']:<19}  "
        f"{artifact['format']:<5}  {'-' if size is None else size:>10}  {artifact['host']}  "
        f"{artifact['attempts']:>2}  {artifact.get('lastError') or ''}"
    ).rstrip()
