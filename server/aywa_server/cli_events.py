"""`aywa events`: what happens in calls, as it happens."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from threading import Event
from typing import Any

import httpx

from aywa_server.api_client import ApiClient, ApiError, add_api_options, client_for

_AGAIN_S = 2.0


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = subparsers.add_parser("events", help="print what happens in calls")
    parser.add_argument(
        "--follow", "-f", action="store_true", help="go on with what happens, until interrupted"
    )
    parser.add_argument("--call", metavar="ID", help="of this call only")
    parser.add_argument("--assistant", metavar="ID", help="of calls that this assistant leads")
    parser.add_argument(
        "--type", metavar="TYPE", action="append", help="kinds or their beginnings: turn.user, call"
    )
    parser.add_argument("--since", metavar="TIME", help="from this time on, as 2026-05-31T00:00:00Z")
    parser.add_argument(
        "--json", action="store_true", help="print each event as the runtime tells it, a line each"
    )
    add_api_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print them; a stream that breaks while it is followed is taken up where it broke."""
    client = client_for(args)
    query = {
        "callId": args.call,
        "assistantId": args.assistant,
        "types": ",".join(args.type or ()),
        "since": args.since,
        "follow": str(args.follow).lower(),
    }
    given = {name: value for name, value in query.items() if value}
    last = ""
    while True:
        try:
            for event in follow(client, given, last):
                last = event["id"]
                if args.json or "callId" in event or event["type"] == "gap":
                    print(json.dumps(event, ensure_ascii=False) if args.json else line_of(event), flush=True)
        except ApiError:
            if not (args.follow and last):
                raise
        if not args.follow:
            return 0
        pause(_AGAIN_S)


def follow(client: ApiClient, query: dict[str, str], last: str = "") -> Iterator[dict[str, Any]]:
    """The messages of one stream. Raises `ApiError`."""
    headers = client.headers() | ({"Last-Event-ID": last} if last else {})
    timeout = httpx.Timeout(15, read=60)  # the runtime says something every 15 s
    try:
        with (
            httpx.Client(base_url=client.url.rstrip("/"), headers=headers, timeout=timeout) as asking,
            asking.stream("GET", "/events", params=query) as answer,
        ):
            if answer.is_error:
                answer.read()
                client.refuse(answer)
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ApiError(f"the stream from {client.url} broke ({type(error).__name__})") from error


def pause(seconds: float) -> None:
    """Until it is asked again."""
    Event().wait(seconds)


def line_of(event: dict[str, Any]) -> str:
    """An event on one line."""
    if "callId" not in event:
        lost = f", {event['lost']} events" if "lost" in event else ""
        return f"{'':24} --- something may be missing here ({event['reason']}{lost})"
    told = " ".join(
        f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in event["data"].items()
    )
    return f"{event['at']} {event['callId'][:8]} {event['type']:<22} {told}".rstrip()
