"""Writes docs/openapi.json from the models and operations of the API; `--check` only looks."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from aywa_server.openapi.document import openapi_document

ROOT = Path(__file__).resolve().parents[1]
PAGE = "docs/openapi.json"


def text() -> str:
    """The document as it is kept."""
    return json.dumps(openapi_document(), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Write, or check; 1 when `--check` finds a stale document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    path = ROOT / PAGE
    fresh = text()
    if path.exists() and path.read_text(encoding="utf-8") == fresh:
        return 0
    if not check:
        path.write_text(fresh, encoding="utf-8")
    sys.stdout.write(f"{PAGE} {'is stale: run make docs' if check else 'rewritten'}\n")
    return 1 if check else 0


if __name__ == "__main__":
    sys.exit(main())
