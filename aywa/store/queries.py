"""SQL lives in files: named blocks that start with `-- name: some_name`."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def load_queries(noun: str) -> dict[str, str]:
    """The statements of `sql/queries/<noun>.sql` by name."""
    text = (files("aywa.store") / "sql" / "queries" / f"{noun}.sql").read_text("utf-8")
    parts = _NAME.split(text)
    return {name: body.strip().rstrip(";") for name, body in zip(parts[1::2], parts[2::2], strict=True)}
