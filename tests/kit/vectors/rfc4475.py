"""The torture messages of RFC 4475: all 49 by the RFC's names.

The messages are the RFC's, with three freedoms: bodies have the length that Content-Length says wherever
that is not the point; mpart01's signature is other binary; the INVITEs of §3.1.2 that are wrong in one line
share the others.
"""

from __future__ import annotations

from .rfc4475_invalid import INVALID
from .rfc4475_semantic import SEMANTIC
from .rfc4475_valid import MPART01_BODY, VALID

__all__ = ["INVALID", "MPART01_BODY", "PARSED", "SEMANTIC", "VALID"]

PARSED: dict[str, bytes] = {**VALID, **SEMANTIC}
