"""`aywa keys`: make, list, revoke and rotate API keys."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from aywa.model.api_key import KeyScope
from aywa.model.base import iso_ms
from aywa.model.key_token import KeyKind
from aywa_server.api_client import ApiClient, add_api_options, client_for


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    verbs = subparsers.add_parser("keys", help="API keys").add_subparsers(dest="action", required=True)
    create = verbs.add_parser("create", help="make a key and print it; it is not shown again")
    create.add_argument("name", metavar="NAME", help="whose it is, or what for")
    create.add_argument("--kind", choices=[kind.value for kind in KeyKind], default=KeyKind.RUNTIME.value)
    scopes = [scope.value for scope in KeyScope]
    create.add_argument("--scope", action="append", choices=scopes, help="default: the kind's usual ones")
    create.add_argument("--expires-in", type=int, metavar="DAYS", help="default: never")
    _of_no_organization(create)
    create.set_defaults(run=_create)
    listed = verbs.add_parser("list", help="list the keys")
    _of_no_organization(listed)
    listed.add_argument("--json", action="store_true", help="print the runtime's own answer")
    listed.set_defaults(run=_list)
    revoke = verbs.add_parser("revoke", help="end a key, within a second")
    revoke.set_defaults(run=_revoke)
    rotate = verbs.add_parser("rotate", help="print a key in place of another")
    rotate.add_argument("--grace", type=int, default=0, metavar="SECONDS", help="both work for so long")
    rotate.set_defaults(run=_rotate)
    for one in (revoke, rotate):
        one.add_argument("key", metavar="KEY_ID", help="its id, as `aywa keys list` shows it")
        _of_no_organization(one)
    for each in (create, listed, revoke, rotate):
        add_api_options(each)


def line_of(key: dict[str, Any]) -> str:
    """A key in one line."""
    state = "valid"
    if key.get("revokedAt"):
        state = f"revoked {key['revokedAt']}"
    elif key.get("expiresAt"):
        state = f"expires {key['expiresAt']}"
    used = key.get("lastUsedAt") or "never"
    scopes = ",".join(key["scopes"])
    return f"{key['id']}  {key['kind']:<7}  {key['hint']}…  {scopes}  used {used}  {state}  {key['name']}"


def _create(args: argparse.Namespace) -> int:
    body: dict[str, object] = {"name": args.name, "kind": args.kind}
    if args.scope:
        body["scopes"] = args.scope
    if args.expires_in is not None:
        body["expiresAt"] = iso_ms(datetime.now(UTC) + timedelta(days=args.expires_in))
    if args.unbound:
        body["allOrganizations"] = True
    print(client_for(args).post("/api-key", body)["key"])
    return 0


def _list(args: argparse.Namespace) -> int:
    client = client_for(args)
    keys = client.get("/api-key", unbound=1) if args.unbound else client.get("/api-key")
    if args.json:
        print(json.dumps(keys, indent=2))
        return 0
    print("\n".join(line_of(key) for key in keys) or "no keys yet")
    return 0


def _revoke(args: argparse.Namespace) -> int:
    client_for(args).delete(_path(args))
    print("revoked")
    return 0


def _rotate(args: argparse.Namespace) -> int:
    client: ApiClient = client_for(args)
    print(client.post(_path(args, "/rotate"), {"graceSeconds": args.grace})["key"])
    return 0


def _path(args: argparse.Namespace, rest: str = "") -> str:
    return f"/api-key/{quote(args.key, safe='')}{rest}{'?unbound=1' if args.unbound else ''}"


def _of_no_organization(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--unbound", action="store_true", help="of no organization: it chooses one with each request"
    )
