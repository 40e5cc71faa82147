"""`aywa webhooks list|replay`: what servers were told, and telling them again."""

from __future__ import annotations

import argparse
import json
from typing import Any
from urllib.parse import quote

from aywa_server.api_client import add_api_options, client_for


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = subparsers.add_parser("webhooks", help="what servers were told, and tell them again")
    verbs = parser.add_subparsers(dest="what", required=True, metavar="list|replay")
    listing = verbs.add_parser("list", help="the newest messages, or one with its attempts")
    listing.add_argument("id", nargs="?", help="of a message or an attempt")
    listing.add_argument("--state", choices=("waiting", "delivered", "dead", "skipped"))
    listing.add_argument("--type", help="such as end-of-call-report")
    listing.add_argument("--call", metavar="ID", help="messages of this call")
    listing.add_argument("--endpoint", metavar="URL", help="without its query")
    listing.add_argument("--limit", type=int, default=20, metavar="N", help="1 to 1000 (default %(default)s)")
    listing.add_argument("--json", action="store_true", help="print the runtime's own answer")
    add_api_options(listing)
    listing.set_defaults(run=run_list)
    replay = verbs.add_parser("replay", help="send messages again, under the same ids")
    replay.add_argument("ids", nargs="*", metavar="ID", help="of messages or attempts")
    replay.add_argument("--since", metavar="TIME", help="ISO 8601: messages from then on")
    replay.add_argument("--until", metavar="TIME", help="ISO 8601: messages before that")
    replay.add_argument("--endpoint", metavar="URL", help="messages to this one, without its query")
    replay.add_argument("--type", help="messages of this type")
    replay.add_argument("--state", choices=("delivered", "dead", "skipped"), help="default: any of them")
    add_api_options(replay)
    replay.set_defaults(run=run_replay)


def run_list(args: argparse.Namespace) -> int:
    """Print one line a message, the newest first."""
    client = client_for(args)
    if args.id:
        print(json.dumps(client.get(f"/logs/webhooks/{quote(args.id, safe='')}"), indent=2))
        return 0
    asked = {"state": args.state, "type": args.type, "callId": args.call, "endpoint": args.endpoint}
    given = {name: value for name, value in asked.items() if value}
    jobs = client.get("/logs/webhooks", limit=args.limit, **given)
    if args.json:
        print(json.dumps(jobs, indent=2))
        return 0
    for job in jobs:
        print(line_of(job))
    if not jobs:
        print("no webhooks")
    return 0


def run_replay(args: argparse.Namespace) -> int:
    """Say how many are sent again."""
    client = client_for(args)
    given = {
        "createdAtGe": args.since,
        "createdAtLt": args.until,
        "endpoint": args.endpoint,
        "type": args.type,
        "state": args.state,
        "ids": args.ids,
    }
    order: dict[str, object] = {name: value for name, value in given.items() if value}
    replayed = client.post("/logs/webhooks/replay", order)["replayed"]
    print(f"{replayed} sent again" if replayed else "nothing to send again")
    return 0 if replayed else 1


def line_of(job: dict[str, Any]) -> str:
    """A message in one line."""
    last = job.get("lastError") or job.get("lastStatus") or ""
    return (
        f"{job['id']}  {job['createdAt']}  {job['state']:<9}  {job['attemptCount']:>2}  "
        f"{job['type']:<22}  {job['endpoint']}  {last}"
    ).rstrip()
