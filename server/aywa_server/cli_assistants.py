"""`aywa assistants`: the assistants that the API keeps."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aywa_server.api_client import ApiError, add_api_options, client_for


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb and what can be done with it."""
    parser = subparsers.add_parser("assistants", help="list, create, show, change and delete assistants")
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    listed = deeds.add_parser("list", help="the newest assistants")
    listed.add_argument("--limit", type=int, default=20, metavar="N", help="0 to 1000 (default %(default)s)")
    listed.set_defaults(run=show_list)
    created = deeds.add_parser("create", help="make one of a JSON file, and print its id")
    created.add_argument("file", metavar="FILE", type=Path)
    created.set_defaults(run=create)
    changed = deeds.add_parser("change", help="merge a JSON file into one: null takes a field away")
    changed.add_argument("id", metavar="ID")
    changed.add_argument("file", metavar="FILE", type=Path)
    changed.set_defaults(run=change)
    for name, what, run in (("show", "print one as JSON", show), ("delete", "delete one", delete)):
        one = deeds.add_parser(name, help=what)
        one.add_argument("id", metavar="ID")
        one.set_defaults(run=run)
    for deed in deeds.choices.values():
        add_api_options(deed)


def show_list(args: argparse.Namespace) -> int:
    """One line an assistant, the newest first."""
    assistants = client_for(args).get("/assistant", limit=args.limit)
    for assistant in assistants:
        print(f"{assistant['id']}  {assistant['createdAt']}  {assistant.get('name', '')}".rstrip())
    if not assistants:
        print("no assistants yet")
    return 0


def create(args: argparse.Namespace) -> int:
    """Make one and print its id."""
    print(client_for(args).post("/assistant", _read(args.file))["id"])
    return 0


def change(args: argparse.Namespace) -> int:
    """Merge a file into one, and print what it is now."""
    return _print(client_for(args).patch(_path(args.id), _read(args.file)))


def show(args: argparse.Namespace) -> int:
    """Print one as JSON."""
    return _print(client_for(args).get(_path(args.id)))


def delete(args: argparse.Namespace) -> int:
    """Delete one and say so."""
    print(f"{client_for(args).delete(_path(args.id))['id']} is deleted")
    return 0


def _path(id: str) -> str:
    return f"/assistant/{quote(id, safe='')}"


def _print(resource: Any) -> int:
    print(json.dumps(resource, indent=2))
    return 0


def _read(path: Path) -> dict[str, object]:
    try:
        body = json.loads(path.read_bytes())
    except OSError as error:
        raise ApiError(f"{path} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ApiError(f"{path} is not JSON") from error
    if not isinstance(body, dict):
        raise ApiError(f"{path} must hold one JSON object")
    return body
