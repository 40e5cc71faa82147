"""`python -m aywa_installer` and the zipapp's entry point."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from aywa_installer import status


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code; exits with 2 on a wrong command line."""
    parser = argparse.ArgumentParser(prog="aywa", description="Look after an Aywa runtime from its host.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    status.register(verbs)
    chosen = parser.parse_args(arguments)
    code: int = chosen.run(chosen)
    return code


def run_and_exit() -> None:
    """The zipapp's entry point: a zipapp drops what its main function returns."""
    sys.exit(main())


if __name__ == "__main__":
    run_and_exit()
