"""`aywa organizations`: who shares the runtime."""

from __future__ import annotations

import argparse
from urllib.parse import quote

from aywa_server.api_client import add_api_options, client_for


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    verbs = subparsers.add_parser("organizations", help="who shares the runtime").add_subparsers(
        dest="action", required=True
    )
    listed = verbs.add_parser("list", help="list them")
    listed.set_defaults(run=_list)
    create = verbs.add_parser("create", help="make one and print its id")
    create.add_argument("name", metavar="NAME")
    create.set_defaults(run=_create)
    rename = verbs.add_parser("rename", help="give one another name")
    rename.add_argument("id", metavar="ID")
    rename.add_argument("name", metavar="NAME")
    rename.set_defaults(run=_rename)
    for each in (listed, create, rename):
        add_api_options(each)


def _list(args: argparse.Namespace) -> int:
    for each in client_for(args).get("/organization", limit=1000):
        print(f"{each['id']}  {each['createdAt']}  {each['name']}")
    return 0


def _create(args: argparse.Namespace) -> int:
    print(client_for(args).post("/organization", {"name": args.name})["id"])
    return 0


def _rename(args: argparse.Namespace) -> int:
    client_for(args).patch(f"/organization/{quote(args.id, safe='')}", {"name": args.name})
    print("renamed")
    return 0
