"""SRTP and SRTCP written out from RFC 3711 and RFC 7714 on AES and GCM of `cryptography`; indices given."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

# suite: (bytes of the master key, of the salt, of the SRTP tag, GCM?)
_SHAPES = {
    "AES_CM_128_HMAC_SHA1_80": (16, 14, 10, False),
    "AES_CM_128_HMAC_SHA1_32": (16, 14, 4, False),
    "AEAD_AES_128_GCM": (16, 12, 16, True),
    "AEAD_AES_256_GCM": (32, 12, 16, True),
}


def counter_mode(key: bytes, iv: int, data: bytes) -> bytes:
    """AES in counter mode from a 128-bit block (RFC 3711 section 4.1.1)."""
    cipher = Cipher(algorithms.AES(key), modes.CTR(iv.to_bytes(16, "big"))).encryptor()
    return cipher.update(data) + cipher.finalize()


def derived(master_key: bytes, master_salt: bytes, label: int, size: int) -> bytes:
    """A session key (RFC 3711 section 4.3, rate 0; a 96-bit salt is padded, RFC 7714 section 11)."""
    salt = int.from_bytes(master_salt.ljust(14, b"\0"), "big")
    return counter_mode(master_key, (salt ^ label << 48) << 16, bytes(size))


def header_size(packet: bytes) -> int:
    """Bytes before the payload of an RTP packet."""
    size = 12 + 4 * (packet[0] & 15)
    if packet[0] & 0x10:
        size += 4 + 4 * int.from_bytes(packet[size + 2 : size + 4], "big")
    return size


def gcm_rtp_iv(salt: bytes, ssrc: bytes, index: int) -> bytes:
    """RFC 7714 section 8.1."""
    return _xor(b"\0\0" + ssrc + index.to_bytes(6, "big"), salt)


def gcm_rtcp_iv(salt: bytes, ssrc: bytes, index: int) -> bytes:
    """RFC 7714 section 9.1."""
    return _xor(b"\0\0" + ssrc + b"\0\0" + index.to_bytes(4, "big"), salt)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


class SlowSrtp:
    """One direction. `index` is roll-over counter times 65536 plus sequence, or the number of a report."""

    def __init__(self, suite: str, master: bytes) -> None:
        key, salt, self._tag, self._gcm = _SHAPES[suite]
        secret, seasoning = master[:key], master[key:]
        assert len(seasoning) == salt
        self._keys = [derived(secret, seasoning, label, key) for label in (0, 3)]
        self._auth = [derived(secret, seasoning, label, 20) for label in (1, 4)]
        self._salts = [derived(secret, seasoning, label, salt) for label in (2, 5)]

    def protect(self, packet: bytes, index: int) -> bytes:
        """The SRTP packet."""
        size = header_size(packet)
        head, body, ssrc = packet[:size], packet[size:], packet[8:12]
        if self._gcm:
            iv = gcm_rtp_iv(self._salts[0], ssrc, index)
            return head + AESGCM(self._keys[0]).encrypt(iv, body, head)
        sealed = head + self._stream(0, ssrc, index, body)
        return sealed + self._mac(0, sealed + (index >> 16).to_bytes(4, "big"), self._tag)

    def unprotect(self, packet: bytes, index: int) -> bytes | None:
        """The RTP packet, or None: the tag is wrong."""
        size = header_size(packet)
        ssrc = packet[8:12]
        if self._gcm:
            iv = gcm_rtp_iv(self._salts[0], ssrc, index)
            try:
                return packet[:size] + AESGCM(self._keys[0]).decrypt(iv, packet[size:], packet[:size])
            except InvalidTag:
                return None
        sealed, tag = packet[: -self._tag], packet[-self._tag :]
        if tag != self._mac(0, sealed + (index >> 16).to_bytes(4, "big"), self._tag):
            return None
        return sealed[:size] + self._stream(0, ssrc, index, sealed[size:])

    def protect_rtcp(self, packet: bytes, index: int) -> bytes:
        """The SRTCP packet, enciphered."""
        head, body, ssrc = packet[:8], packet[8:], packet[4:8]
        trailer = (index | 1 << 31).to_bytes(4, "big")
        if self._gcm:
            iv = gcm_rtcp_iv(self._salts[1], ssrc, index)
            return head + AESGCM(self._keys[1]).encrypt(iv, body, head + trailer) + trailer
        sealed = head + self._stream(1, ssrc, index, body) + trailer
        return sealed + self._mac(1, sealed, 10)

    def unprotect_rtcp(self, packet: bytes) -> tuple[bytes, int] | None:
        """The RTCP packet and its index, or None: the tag is wrong."""
        head, ssrc = packet[:8], packet[4:8]
        tag = 0 if self._gcm else 10
        end = len(packet) - tag - 4
        trailer = packet[end : end + 4]
        index = int.from_bytes(trailer, "big") & 0x7FFFFFFF
        if self._gcm:
            iv = gcm_rtcp_iv(self._salts[1], ssrc, index)
            try:
                return head + AESGCM(self._keys[1]).decrypt(iv, packet[8:end], head + trailer), index
            except InvalidTag:
                return None
        if packet[-10:] != self._mac(1, packet[:-10], 10):
            return None
        return head + self._stream(1, ssrc, index, packet[8:end]), index

    def _stream(self, which: int, ssrc: bytes, index: int, body: bytes) -> bytes:
        salt = int.from_bytes(self._salts[which], "big") << 16
        return counter_mode(self._keys[which], salt ^ int.from_bytes(ssrc, "big") << 64 ^ index << 16, body)

    def _mac(self, which: int, data: bytes, size: int) -> bytes:
        return hmac.new(self._auth[which], data, hashlib.sha1).digest()[:size]
