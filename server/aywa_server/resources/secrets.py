"""What of a resource is secret: see `aywa.model.secret_parts`."""

from __future__ import annotations

from aywa.model.secret_parts import REDACTED, fill, part

__all__ = ["REDACTED", "fill", "part"]
