"""`aywa pcap CALL`: fetch what was on the wire of a call, or begin to keep it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from aywa.artifacts.pcap import PCAP_TYPE
from aywa_server.api_client import ApiError, add_api_options, call_path, client_for


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = subparsers.add_parser("pcap", help="fetch the packets of a call, for Wireshark")
    parser.add_argument("call", metavar="CALL", help="the call's id")
    parser.add_argument("-o", "--output", metavar="FILE", help="default: CALL.pcap; - for standard output")
    parser.add_argument(
        "--start",
        choices=("headers", "audio", "full"),
        help="keep the packets of a live call from now on, instead of fetching them",
    )
    add_api_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Fetch the file, or send the command."""
    client = client_for(args)
    if args.start is not None:
        client.post(call_path(args.call, "/control"), {"type": "capture", "mode": args.start})
        print("accepted")
        return 0
    packets = client.get_file(call_path(args.call, "/pcap"), PCAP_TYPE)
    if args.output == "-":
        sys.stdout.buffer.write(packets)
        return 0
    path = Path(args.output or f"{Path(args.call).name}.pcap")
    try:
        path.write_bytes(packets)
    except OSError as error:
        raise ApiError(f"{path} cannot be written ({error.strerror})") from error
    print(path)
    return 0
