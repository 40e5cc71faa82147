"""`aywa emulate`: vendors on loopback, with their faults, for trying an assistant without an account."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from random import Random

import trio

from aywa.emulators.catalogue import EMULATORS, KEY, Scripts
from aywa.emulators.chat_script import ChatScript
from aywa.emulators.faults import Fault, FaultKind, Faults
from aywa.emulators.hearing import Script
from aywa.emulators.host import open_emulator
from aywa.settings.vendors import BY_NAME

_HEARD = ("I would like a room for tonight", "Two nights, please", "Yes, that is right", "Goodbye")
_SAID = ("Certainly. For how many nights?", "Is there anything else?", "You are welcome.")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = subparsers.add_parser(
        "emulate",
        help="stand for vendors on loopback, and print the settings that point the runtime at them",
        description="Recognisers hear speech by its loudness and understand the next line of --heard; models "
        "answer with the next line of --said; voices speak in tones. They run until interrupted.",
    )
    parser.add_argument(
        "vendors", nargs="*", metavar="VENDOR", help=f"default: all. They are {', '.join(EMULATORS)}"
    )
    parser.add_argument(
        "--port", type=int, default=0, metavar="N", help="of the first; the next have the next"
    )
    parser.add_argument("--heard", action="append", metavar="TEXT", help="what recognisers understand")
    parser.add_argument("--said", action="append", metavar="TEXT", help="what models answer")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="KIND[=SHARE]",
        help=f"of requests, 0 to 1 (default 1): {', '.join(kind.value for kind in FaultKind)}",
    )
    parser.add_argument("--after", type=int, default=2, metavar="N", help="frames before it strikes")
    parser.add_argument("--seconds", type=float, default=5.0, metavar="S", help="that `slow` takes")
    parser.add_argument("--status", type=int, default=503, metavar="N", help="that `status` answers with")
    parser.add_argument("--retry-after", type=float, metavar="S", help="that it asks to wait")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of which requests fail")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted; 2 for what cannot be."""
    try:
        chosen, rates = _vendors(args.vendors), _rates(args.fault)
        faults = [_faults(args, rates, number) for number in range(len(chosen))]
    except ValueError as error:
        print(f"aywa emulate: {error}", file=sys.stderr)
        return 2
    code = 0
    try:
        trio.run(_serve, args, chosen, faults)
    except* OSError as error:
        print(f"aywa emulate: the port cannot be had ({error.exceptions[0]})", file=sys.stderr)
        code = 2
    return code


async def _serve(args: argparse.Namespace, chosen: Sequence[str], faults: Sequence[Faults]) -> None:
    scripts = Scripts(
        Script(tuple(args.heard or _HEARD), shared=False, again=True),
        ChatScript(tuple(args.said or _SAID), by_conversation=True),
    )
    async with AsyncExitStack() as stack:
        for number, name in enumerate(chosen):
            port = args.port + number if args.port else 0
            host = await stack.enter_async_context(
                open_emulator(EMULATORS[name](scripts), faults[number], port=port)
            )
            print("\n".join(settings_of(name, host.url)), flush=True)
        print("RUNTIME_OUTBOUND_PRIVATE=127.0.0.1", flush=True)
        await trio.sleep_forever()


def settings_of(name: str, url: str) -> list[str]:
    """What points the runtime at an emulator: settings, or what an assistant must say."""
    vendor = BY_NAME.get(name)
    if vendor is None:
        return [f"# {name}: server.url {url.replace('http', 'ws', 1)}"]
    return [f"{vendor.variable}_BASE_URL={url}", f"{vendor.variable}_API_KEY={KEY}"]


def _vendors(named: Sequence[str]) -> list[str]:
    unknown = [name for name in named if name not in EMULATORS]
    if unknown:
        raise ValueError(f"no emulator of {unknown[0]}: there are {', '.join(EMULATORS)}")
    return list(dict.fromkeys(named)) or list(EMULATORS)


def _rates(said: Sequence[str]) -> dict[FaultKind, float]:
    rates = {}
    for text in said:
        kind, _, share = text.partition("=")
        try:
            rates[FaultKind(kind)] = float(share or 1)
        except ValueError:
            raise ValueError(f"--fault {text}: must be a kind, or kind=share") from None
    return rates


def _faults(args: argparse.Namespace, rates: dict[FaultKind, float], number: int) -> Faults:
    pattern = Fault(FaultKind.RESET, args.after, args.seconds, args.status, args.retry_after)
    return Faults(rates=rates, rng=Random(args.seed + number), pattern=pattern)
