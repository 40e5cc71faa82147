"""`aywa numbers`: which assistant answers which number."""

from __future__ import annotations

import argparse
from typing import Any

from aywa.model.phone_number import dialled_key
from aywa_server.api_client import ApiClient, ApiError, add_api_options, client_for


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb and what can be done with it."""
    parser = subparsers.add_parser("numbers", help="say which assistant answers which number")
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    listed = deeds.add_parser("list", help="the numbers and their assistants")
    listed.set_defaults(run=show_list)
    bound = deeds.add_parser("bind", help="have an assistant answer a number")
    bound.add_argument("number", metavar="NUMBER", help="in E.164, or an extension")
    bound.add_argument("assistant", metavar="ASSISTANT", help="its id")
    bound.set_defaults(run=bind)
    unbound = deeds.add_parser("unbind", help="forget a number: the runtime's own assistant answers it")
    unbound.add_argument("number", metavar="NUMBER")
    unbound.set_defaults(run=unbind)
    for deed in deeds.choices.values():
        add_api_options(deed)


def show_list(args: argparse.Namespace) -> int:
    """One line a number."""
    numbers = client_for(args).get("/phone-number", limit=1000)
    for number in numbers:
        address = number.get("number") or number.get("sipUri", "")
        print(f"{number['id']}  {address:<18}  {number.get('assistantId', '')}".rstrip())
    if not numbers:
        print("no numbers yet")
    return 0


def bind(args: argparse.Namespace) -> int:
    """Make the number, or change whose it is."""
    client = client_for(args)
    known = _find(client, args.number)
    if known is None:
        body: dict[str, object] = {
            "provider": "byo-phone-number",
            "number": args.number,
            "numberE164CheckEnabled": args.number.startswith("+"),
            "assistantId": args.assistant,
        }
        known = client.post("/phone-number", body)
    else:
        known = client.patch(f"/phone-number/{known['id']}", {"assistantId": args.assistant})
    print(f"{known['id']}  {args.number} is answered by {args.assistant}")
    return 0


def unbind(args: argparse.Namespace) -> int:
    """Forget the number."""
    client = client_for(args)
    known = _find(client, args.number)
    if known is None:
        raise ApiError(f"{args.number} is not a number of this runtime's: see aywa numbers list")
    client.delete(f"/phone-number/{known['id']}")
    print(f"{args.number} is forgotten")
    return 0


def _find(client: ApiClient, wanted: str) -> dict[str, Any] | None:
    key = dialled_key(wanted)
    for number in client.get("/phone-number", limit=1000):
        if dialled_key(number.get("number", "")) == key:
            return dict(number)
    return None
