"""`aywa audit`: what administrators changed, and whether the log of it is whole."""

from __future__ import annotations

import argparse
import json
import sys

from aywa_server.api_client import add_api_options, client_for


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    verbs = subparsers.add_parser("audit", help="what administrators changed").add_subparsers(
        dest="action", required=True
    )
    listed = verbs.add_parser("list", help="list the newest rows")
    listed.add_argument("--limit", type=int, default=20, metavar="N", help="1 to 1000 (default %(default)s)")
    listed.set_defaults(run=_list)
    verify = verbs.add_parser(
        "verify", help="walk the chain; 1 and its first broken row when it is not whole"
    )
    verify.add_argument(
        "--head", metavar="HASH", help="the newest hash of an earlier run: must be in the log"
    )
    verify.set_defaults(run=_verify)
    for each in (listed, verify):
        add_api_options(each)


def _list(args: argparse.Namespace) -> int:
    for row in client_for(args).get("/audit-log", limit=args.limit):
        data = json.dumps(row["data"], ensure_ascii=False, sort_keys=True)
        print(
            f"{row['seq']}  {row['at']}  {row['actor']}  {row['action']}  {row['targetType']} "
            f"{row['targetId']}  {data}"
        )
    return 0


def _verify(args: argparse.Namespace) -> int:
    query = {"head": args.head} if args.head else {}
    verdict = client_for(args).get("/audit-log/verification", **query)
    if "firstBroken" in verdict:
        print(f"row {verdict['firstBroken']} is broken: {verdict['why']}", file=sys.stderr)
        return 1
    if verdict.get("headFound") is False:
        print("the rows up to that hash are whole no more: it is not in the log", file=sys.stderr)
        return 1
    print(f"{verdict['rows']} rows are whole; the newest hash is {verdict['head']}")
    return 0
