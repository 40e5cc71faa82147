"""What is known of a file; its content is kept elsewhere."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from aywa.model.base import Plan


class File(Plan):
    """`bytes` and `sha256` are of the content as it came."""

    name: str = Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f/\\]+$")
    purpose: str = Field("", max_length=100)
    metadata: dict[str, Any] | None = None
    status: str = "done"
    mimetype: str = Field("application/octet-stream", max_length=255, pattern=r"^[\x21-\x7e]+/[\x21-\x7e]+$")
    bytes: int = Field(0, ge=0)
    sha256: str = Field("", max_length=64)


class FileChange(Plan):
    """What of a file may change."""

    name: str | None = Field(None, min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f/\\]+$")
    purpose: str | None = Field(None, max_length=100)
    metadata: dict[str, Any] | None = None
