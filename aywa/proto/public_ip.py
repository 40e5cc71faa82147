"""Which addresses are of the public internet: what a URL from outside may lead to."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def is_public(address: str) -> bool:
    """Whether an IP address is of the public internet: neither private, loopback, link-local, shared,
    multicast nor reserved, whatever form it takes in IPv6.
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if int(ip) >> 32 == 0x64FF9B << 64:  # NAT64 (RFC 6052)
            return is_public(str(ip_address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast
