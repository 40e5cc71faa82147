"""`aywa call --to NUMBER`: the runtime calls, and its assistant talks."""

from __future__ import annotations

import argparse
from typing import Any

import trio

from aywa_server.api_client import ApiClient, add_api_options, call_path, client_for

_EVERY_S = 0.5


def add_dial_options(parser: argparse.ArgumentParser) -> None:
    """What the runtime needs to place a call."""
    parser.add_argument("--trunk", metavar="NAME", help="the runtime calls through this trunk, and no other")
    parser.add_argument("--ring", type=float, metavar="S", help="how long it rings")
    parser.add_argument("--name", default="", help="whose number it is, for the record")
    parser.add_argument("--no-wait", action="store_true", help="return as soon as the call is placed")
    add_api_options(parser)


def asks_runtime(args: argparse.Namespace) -> bool:
    """Whether the runtime is to call: for a number, and wherever a trunk is named."""
    return args.trunk is not None or not args.to.lower().startswith(("sip:", "sips:"))


def dial(args: argparse.Namespace) -> int:
    """Place the call and watch it; 0 when somebody answered, or with --no-wait. Raises `ApiError`."""
    client = client_for(args)
    call = client.post("/call", order_from(args))
    print(f"call {call['id']}", flush=True)
    return 0 if args.no_wait else trio.run(_watch, client, call)


def order_from(args: argparse.Namespace) -> dict[str, object]:
    """The body of `POST /call`."""
    whom = "sipUri" if args.to.lower().startswith("sip:") else "number"
    order: dict[str, object] = {
        "customer": {whom: args.to, **({"name": args.name} if args.name else {})},
        "phoneNumberId": args.trunk,
        "fromNumber": args.from_uri,
        "ringTimeoutSeconds": args.ring,
    }
    return {field: value for field, value in order.items() if value is not None}


async def _watch(client: ApiClient, call: dict[str, Any]) -> int:
    told = ""
    while True:
        if call["status"] != told:
            told = call["status"]
            print(f"  {told}", flush=True)
        if told == "ended":
            break
        await trio.sleep(_EVERY_S)
        call = await trio.to_thread.run_sync(client.get, call_path(call["id"]))
    answered = "startedAt" in call
    status = f", SIP status {call['sipStatus']}" if "sipStatus" in call else ""
    print(f"{'answered' if answered else 'not answered'}: {call['endedReason']}{status}")
    return 0 if answered else 1
