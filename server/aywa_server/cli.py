"""The `aywa` command: a module for each kind of verb, with `register(subparsers)` and `run(args) -> int`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from aywa import __version__
from aywa_server.api_client import ApiError

# In the order of `aywa --help`. The installer's verbs also work on a host without the runtime.
_VERBS = {
    "status": "aywa_installer.status",
    "call": "aywa_server.cli_call",
    "calls": "aywa_server.cli_calls",
    "timeline": "aywa_server.cli_timeline",
    "events": "aywa_server.cli_events",
    "say": "aywa_server.cli_say",
    "transfer": "aywa_server.cli_transfer",
    "mute": "aywa_server.cli_line",
    "unmute": "aywa_server.cli_line",
    "hold": "aywa_server.cli_line",
    "resume": "aywa_server.cli_line",
    "tell": "aywa_server.cli_intervene",
    "first-message": "aywa_server.cli_intervene",
    "press": "aywa_server.cli_intervene",
    "sip": "aywa_server.cli_intervene",
    "handoff": "aywa_server.cli_intervene",
    "end": "aywa_server.cli_end",
    "pcap": "aywa_server.cli_pcap",
    "erase": "aywa_server.cli_erase",
    "backup": "aywa_server.cli_backup",
    "restore": "aywa_server.cli_backup",
    "assistants": "aywa_server.cli_assistants",
    "numbers": "aywa_server.cli_numbers",
    "keys": "aywa_server.cli_keys",
    "organizations": "aywa_server.cli_organizations",
    "audit": "aywa_server.cli_audit",
    "webhooks": "aywa_server.cli_webhooks",
    "artifacts": "aywa_server.cli_artifacts",
    "providers": "aywa_server.cli_providers",
    "emulate": "aywa_server.cli_emulate",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code: 0 on success, else 1 or 2 with one sentence on stderr."""
    parser = argparse.ArgumentParser(prog="aywa", description="Steer an Aywa runtime from the command line.")
    parser.add_argument("--version", action="version", version=f"aywa {__version__}")
    subparsers = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    given = list(sys.argv[1:] if arguments is None else arguments)
    for module in _modules_for(given):
        import_module(module).register(subparsers)
    args = parser.parse_args(given)
    try:
        code: int = args.run(args)
    except ApiError as error:
        print(f"aywa {args.verb}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()  # whoever read the output has seen enough; the interpreter must not complain again
        return 0
    except KeyboardInterrupt:
        return 130
    return code


def _modules_for(arguments: Sequence[str]) -> list[str]:
    """The module of the verb that was given, or all: `status` need not wait for the media engine to load."""
    for argument in arguments:
        if argument in _VERBS:
            return [_VERBS[argument]]
    return list(dict.fromkeys(_VERBS.values()))


if __name__ == "__main__":
    sys.exit(main())
