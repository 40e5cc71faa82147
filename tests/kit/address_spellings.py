"""Spellings of addresses that a URL from outside must not lead to, as many as somebody has patience for."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from random import Random

_BLOCKS = (
    *("127.0.0.1/32", "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.169.254/32"),
    *("100.64.0.0/10", "0.0.0.0/32", "198.18.0.0/15", "192.0.0.0/29", "224.0.0.0/4", "240.0.0.0/4"),
)
_V6 = (
    "::1",
    "::",
    "fe80::1",
    "fc00::17",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "3fff::1",
)
_FULL_WIDTH = str.maketrans("0123456789abcdefx", "０１２３４５６７８９ａｂｃｄｅｆｘ")
_CIRCLED = str.maketrans("123456789", "①②③④⑤⑥⑦⑧⑨")


def private_address(rng: Random) -> IPv4Address:
    """One of those; loopback, where the canary sits, every other time."""
    block, _, bits = ("127.0.0.1/32" if rng.random() < 0.5 else rng.choice(_BLOCKS)).partition("/")
    return IPv4Address(int(IPv4Address(block)) | rng.getrandbits(32 - int(bits) or 1) * (bits != "32"))


def spelling(rng: Random, port: int) -> str:
    """A URL whose authority is some spelling of such an address."""
    host = rng.choice((_v4, _v4, _in_v6, _v6))(rng)
    scheme = rng.choice(("http", "https", "HTTP", "hTTps"))
    return rng.choice(_SHAPES).format(scheme=scheme, host=host, port=port)


_SHAPES = (
    *(["{scheme}://{host}:{port}/"] * 12),
    *("{scheme}://{host}:0{port}/x?y#z", "{scheme}://{host}.:{port}/", "{scheme}://{host}:{port}"),
    *(
        "{scheme}://voice.example.com@{host}:{port}/",
        "{scheme}://a:b@{host}:{port}/",
        "{scheme}://@{host}:{port}/",
    ),
    *(
        "{scheme}://{host}:{port}\\@voice.example.com/",
        "{scheme}:\\\\{host}:{port}/",
        "{scheme}:/{host}:{port}/",
    ),
    *(
        "{scheme}:{host}:{port}",
        "//{host}:{port}/",
        " {scheme}://{host}:{port}/",
        "{scheme}://\t{host}:{port}/",
    ),
    *("{scheme}://{host}\n:{port}/", "{scheme}://{host}\x00:{port}/", "{scheme}:///{host}:{port}/"),
    *("{scheme}://{host}%00.example.com:{port}/", "{scheme}://{host}:{port}#@voice.example.com/"),
    *(
        "{scheme}://{host}:{port}?@voice.example.com/",
        "ftp://{host}:{port}/",
        "file://{host}:{port}/etc/passwd",
    ),
    *(
        "gopher://{host}:{port}/_GET",
        "{scheme}://[{host}]:{port}/",
        "{scheme}://voice.example.com:80@{host}:{port}/",
    ),
)


def _v4(rng: Random) -> str:
    address = private_address(rng)
    value = int(address)
    octets = list(address.packed)
    form = rng.randrange(14)
    if form == 0:
        return str(address)
    if form == 1:
        return rng.choice((str(value), f"0x{value:x}", f"0X{value:08X}", f"0{value:o}"))
    if form == 2:  # each part in a base of its own
        return ".".join(
            rng.choice(("{}", "0x{:x}", "0X{:02X}", "0{:o}", "0000{:o}", "0x000{:x}")).format(o)
            for o in octets
        )
    if form == 3:
        return f"{octets[0]}.{value & 0xFFFFFF}"
    if form == 4:
        return f"{octets[0]}.{octets[1]}.{value & 0xFFFF}"
    if form == 5:
        return f"0x{octets[0]:x}.0x{value & 0xFFFFFF:x}"
    if form == 6:
        return str(address).translate(_FULL_WIDTH)
    if form == 7:
        return str(address).replace(".", rng.choice("。．｡"))
    if form == 8:
        return str(address).translate(_CIRCLED)
    if form == 9:
        return "".join(f"%{ord(char):02x}" if rng.random() < 0.6 else char for char in str(address))
    if form == 10:
        return str(value + (rng.randrange(1, 4) << 32))  # readers that overflow
    if form == 11:
        return ".".join(str(o + 256) for o in octets)
    if form == 12:
        return rng.choice(
            ("localhost", "LOCALHOST", "localhost.localdomain", "ⓛocalhost", "loc%61lhost", "ip6-localhost")
        )
    return rng.choice(
        ("127.1", "127.0.1", "0", "0x0", "0177.1", "127.0.0.1.", "1.0.0.127.in-addr.arpa.", "127。1")
    )


def _in_v6(rng: Random) -> str:
    """An IPv4 address inside an IPv6 one."""
    value = int(private_address(rng))
    whole = rng.choice(
        (
            0xFFFF << 32 | value,  # mapped
            value,  # compatible
            0xFFFF << 48 | value,  # translated (SIIT)
            0x64FF9B << 96 | value,
            0x64FF9B0001 << 80 | value,
            0x2002 << 112 | value << 80 | 1,
            0x20010000 << 96 | 0x08080808 << 64 | value ^ 0xFFFFFFFF,
            0x20010000 << 96 | value << 64 | 0x08080808 ^ 0xFFFFFFFF,
            0x2606470000000000 << 64 | 0x5EFE << 32 | value,
        )
    )
    return _bracketed(rng, IPv6Address(whole))


def _v6(rng: Random) -> str:
    return _bracketed(rng, IPv6Address(rng.choice(_V6)))


def _bracketed(rng: Random, address: IPv6Address) -> str:
    text = rng.choice((str(address), address.exploded, str(address).upper()))
    if rng.random() < 0.2:
        value = int(address)
        text = f"{IPv6Address(value >> 32 << 32).exploded[:-10]}:{IPv4Address(value & 0xFFFFFFFF)}"
    return f"[{text}{rng.choice(('', '', '', '%25lo', '%lo', '%1', '%'))}]"
