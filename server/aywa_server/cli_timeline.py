"""`aywa timeline CALL`: what happened in a call, in order."""

from __future__ import annotations

import argparse
import json
from typing import Any

from aywa_server.api_client import add_api_options, call_path, client_for

_MARKS = {"info": " ", "warning": "!", "error": "X"}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = subparsers.add_parser("timeline", help="print what happened in a call")
    parser.add_argument("call", metavar="CALL", help="the call's id")
    parser.add_argument("--json", action="store_true", help="print the runtime's own answer")
    add_api_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print decisions and speech merged by time."""
    timeline = client_for(args).get(call_path(args.call, "/timeline"))
    if args.json:
        print(json.dumps(timeline, indent=2))
        return 0
    for line in lines_of(timeline):
        print(line)
    return 0


def lines_of(timeline: dict[str, Any]) -> list[str]:
    """The timeline as text, one line an entry, and the counts at the end."""
    told = [
        (item["atMs"], f"{_MARKS[item['level']]} {item['kind']:<22} {_inputs(item['data'])}")
        for item in timeline["timeline"]
    ]
    told += [
        (
            item["atMs"],
            f"  {item['role']:<22} “{item['text']}”{' [interrupted]' if item['interrupted'] else ''}",
        )
        for item in timeline["transcript"]
    ]
    told += [(item["atMs"], f"  {item['kind']:<22} {item['url']}") for item in timeline["artifacts"]]
    told.sort(key=lambda entry: entry[0])
    lines = [f"{at_ms / 1000:9.3f} {text}".rstrip() for at_ms, text in told]
    counts = f"{timeline['warningCount']} warnings, {timeline['errorCount']} errors"
    return [*lines, f"{timeline['status']} {timeline.get('endedReason') or ''}".strip() + f" · {counts}"]


def _inputs(data: dict[str, Any]) -> str:
    return " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in data.items())
