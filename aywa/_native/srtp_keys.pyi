"""Session keys of SRTP: derivation (RFC 3711 section 4.3), and HMAC-SHA1 from states made beforehand."""

def derived(master_key: bytes, master_salt: bytes, label: int, size: int) -> bytes:
    """`size` bytes of a session key at derivation rate 0; labels of RFC 3711 section 4.3.1 (0 to 2 for RTP,
    3 to 5 for RTCP). Raises ValueError for a master key that has neither 16 nor 32 bytes or a salt above
    14, MemoryError."""

def hmac_sha1(secret: bytes, data: bytes) -> bytes:
    """The 20 bytes of RFC 2104 as the kernel makes them. Raises ValueError for a key without 20 bytes."""
