"""`aywa status`: is the runtime ready for calls, and if not, what is missing?"""

from __future__ import annotations

import argparse
import json
import os
import sys

from aywa_installer.readiness import NotARuntimeError, ask

_DEFAULT_URL = "http://127.0.0.1:8080"


def register(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to a command line."""
    parser = verbs.add_parser("status", help="ask a runtime whether it is ready for calls")
    parser.add_argument(
        "--url",
        default=os.environ.get("AYWA_RUNTIME_BASE_URL", _DEFAULT_URL),
        help="the runtime's origin (AYWA_RUNTIME_BASE_URL, default %(default)s)",
    )
    parser.add_argument("--timeout", type=float, default=5.0, metavar="S", help="seconds to wait (default 5)")
    parser.add_argument("--json", action="store_true", help="print the runtime's own answer")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Print the readiness; 0 when ready, 1 when not, 2 when nothing there is a runtime."""
    try:
        readiness = ask(chosen.url, timeout_s=chosen.timeout)
    except NotARuntimeError as error:
        print(f"aywa status: {error}", file=sys.stderr)
        return 2
    if chosen.json:
        print(json.dumps(readiness.raw, indent=2))
    else:
        print(f"{chosen.url} is {'ready' if readiness.ready else 'not ready'}")
        for check in readiness.checks:
            print(f"  {'ok' if check.ready else 'no':<3} {check.name:<12} {check.detail}".rstrip())
    return 0 if readiness.ready else 1
