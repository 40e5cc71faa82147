"""`aywa providers check`: whether the accounts of the settings work, how fast, and what to mend."""

from __future__ import annotations

import argparse
import os
import sys

import trio

from aywa.errors import ConfigError
from aywa.model.organization import DEFAULT_ORGANIZATION
from aywa.proto.outbound_rules import outbound_rules
from aywa.providers.registry import REGISTRY
from aywa.providers.web.door import open_door
from aywa.runtime.accounts import Accounts
from aywa.runtime.provider_checks import Tried, try_accounts
from aywa.settings import Settings


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = subparsers.add_parser("providers", help="try the vendors' accounts of the settings")
    verbs = parser.add_subparsers(dest="what", required=True, metavar="check")
    check = verbs.add_parser(
        "check",
        help="one smallest real request for each key and stage",
        description="Reads the settings that the runtime reads, and asks each vendor whose key or address "
        "they have: half a second of silence, one word, one short phrase. Needs no running runtime.",
    )
    check.add_argument("provider", nargs="*", metavar="PROVIDER", help="only these")
    check.set_defaults(run=run_check)


def run_check(args: argparse.Namespace) -> int:
    """One line for each; 0 when all work, 1 when one fails, 2 when there is nothing to try."""
    try:
        settings = Settings.from_env(os.environ)
    except ConfigError as error:
        for gap in error.gaps:
            print(f"aywa providers: {gap}", file=sys.stderr)
        return 2
    tried = trio.run(_try, settings, tuple(args.provider))
    for each in tried:
        print(each)
    if not tried:
        print("no key or address of a vendor is set, see docs/providers.md", file=sys.stderr)
        return 2
    return 0 if all(each.ok for each in tried) else 1


async def _try(settings: Settings, only: tuple[str, ...]) -> list[Tried]:
    accounts = await Accounts(None, None, settings.providers.vendors).all(DEFAULT_ORGANIZATION)
    chosen = [account for account in accounts if not only or account.provider in only]
    async with open_door(outbound_rules(settings.outbound.private)) as door:
        return await try_accounts(door, REGISTRY, chosen)
