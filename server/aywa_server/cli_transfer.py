"""`aywa transfer CALL --to WHOM`: hand a live call over."""

from __future__ import annotations

import argparse

from aywa_server.api_client import add_api_options, call_path, client_for

_MODES: dict[str, dict[str, object]] = {
    "refer": {"mode": "blind-transfer", "sipVerb": "refer"},
    "dial": {"mode": "blind-transfer", "sipVerb": "dial"},
    "warm": {"mode": "warm-transfer-say-summary", "requireAccept": True},
    "attended": {"mode": "warm-transfer-say-summary", "sipVerb": "refer", "requireAccept": True},
}


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = subparsers.add_parser("transfer", help="hand a live call over")
    parser.add_argument("call", metavar="CALL", help="the call's id")
    parser.add_argument("--to", required=True, metavar="WHOM", help="+49… or sip:…")
    parser.add_argument(
        "--mode",
        choices=tuple(_MODES),
        default="warm",
        help="refer and dial are cold; warm tells the human about the call and asks; attended is warm, "
        "and the caller's side connects both (default: %(default)s)",
    )
    parser.add_argument("--say", metavar="TEXT", help="to the caller, before; empty for nothing")
    parser.add_argument("--brief", metavar="TEXT", help="to the human; default: a summary of the call")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="how long it may ring")
    add_api_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Send the command."""
    client_for(args).post(call_path(args.call, "/control"), body_of(args))
    print("accepted")
    return 0


def body_of(args: argparse.Namespace) -> dict[str, object]:
    """The command's JSON."""
    plan: dict[str, object] = dict(_MODES[args.mode])
    if args.brief is not None:
        plan["message"] = args.brief
    if args.timeout is not None:
        plan["dialTimeout"] = args.timeout
    whom = {"type": "sip", "sipUri": args.to} if ":" in args.to else {"type": "number", "number": args.to}
    body: dict[str, object] = {"type": "transfer", "destination": {**whom, "transferPlan": plan}}
    if args.say is not None:
        body["content"] = args.say
    return body
