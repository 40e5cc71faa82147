"""SQL lives in files: named blocks that start with `-- name: some_name`.

A statement on tenants' rows narrows them itself, by the words `org_id = $n` (`noun.org_id = $n` in a join;
for an organisation's own row `id = $n /* own */`), and runs in `postgres.tenant(org_id)`, whose row-level
security is the second wall. Work on the whole system runs in `postgres.system()`, and its block says so in a
line `-- system: why`. A migration that makes a table for tenants' rows ends with
`call aywa_wall_in('table', 'select, insert, update, delete');`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def load_queries(noun: str) -> dict[str, str]:
    """The statements of `sql/queries/<noun>.sql` by name."""
    parts = _NAME.split(_text_of(noun))
    return {name: body.strip().rstrip(";") for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def _text_of(noun: str) -> str:
    return (files("aywa.store") / "sql" / "queries" / f"{noun}.sql").read_text("utf-8")
