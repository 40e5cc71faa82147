"""Which addresses are of the public internet: what a URL from outside may lead to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that is assigned (RFC 4291 section 2.4)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_DOCUMENTATION = (IPv6Network("2001:db8::/32"), IPv6Network("3fff::/20"))  # RFC 3849, RFC 9637
_RELAY_ANYCAST = IPv4Network("192.88.99.0/24")  # of 6to4, given back (RFC 7526)
_ISATAP = (0x00005EFE, 0x02005EFE)  # the interface id before the IPv4 address (RFC 5214)


def is_public(address: str) -> bool:
    """Whether an IP address is of the public internet: neither private, loopback, link-local, shared,
    multicast nor reserved, whatever form it takes in IPv6. Raises ValueError for what is no address.
    """
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return _is_public_4(ip)
    inner = carried_ipv4(ip)
    if ip in _NAT64 or ip.ipv4_mapped is not None:
        return all(map(_is_public_4, inner))
    if ip not in _GLOBAL_UNICAST or any(ip in block for block in _DOCUMENTATION):
        return False
    if inner:
        return all(map(_is_public_4, inner))
    return ip.is_global and not ip.is_multicast


def carried_ipv4(ip: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that packets to it may come out at: mapped, NAT64, 6to4, Teredo, ISATAP."""
    if ip.ipv4_mapped is not None:
        return (ip.ipv4_mapped,)
    if ip.sixtofour is not None:
        return (ip.sixtofour,)
    if ip.teredo is not None:
        return ip.teredo
    if ip in _NAT64 or (int(ip) >> 32) & 0xFFFFFFFF in _ISATAP:
        return (IPv4Address(int(ip) & 0xFFFFFFFF),)
    return ()


def _is_public_4(ip: IPv4Address) -> bool:
    return ip.is_global and not ip.is_multicast and ip not in _RELAY_ANYCAST
