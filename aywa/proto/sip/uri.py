"""SIP, SIPS and tel URIs (RFC 3261 §19.1, RFC 3966); other schemes are carried unread.

```
sip:alice:secret@example.com:5061;transport=tcp;lr?subject=project%20x
└┬┘ └─┬─┘ └─┬──┘ └────┬────┘ └┬─┘└──────┬────────┘ └───────┬─────────┘
scheme user password  host   port   parameters           headers
```
`user`, `password`, parameter values and headers keep their %-escapes, so that they print as they were read;
`user_text` and `parameter()` give them unescaped. Parameter names are unescaped and in lower case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from ipaddress import AddressValueError, IPv6Address

from aywa.errors import LocalProtocolError, ParseError

from .grammar import Parameters

DEFAULT_PORTS = {"sip": 5060, "sips": 5061}  # §19.1.2

HOST = (
    r"\[[0-9A-Fa-f:.]++\]|[A-Za-z0-9_][A-Za-z0-9_.\-]*+"  # `_` is no host name, but container names have it
)
# Wider than §25.1 where peers are: dial strings with a bare `#`, users in plain UTF-8. What is left out could
# end the URI early or hide in a log: blanks, controls, quotes, brackets, bytes that are not UTF-8.
_USER = r'[^\x00-\x20\x7f-\xa0@:<>"\\\[\]\ud800-\udfff]++'
_PASSWORD = r'[^\x00-\x20\x7f-\xa0@:<>"\\\[\]\ud800-\udfff]*+'
_SIP_URI = re.compile(
    rf"(?:({_USER})(?::({_PASSWORD}))?@)?({HOST})(?::([0-9]++))?((?:;[^;?]*+)*+)(?:\?(.++))?", re.DOTALL
)
_TEL_URI = re.compile(r"([0-9A-Fa-f+*#().\-]++)((?:;[^;?]*+)*+)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
_PARAMETER_TEXT = re.compile(r"[^\x00-\x20\x7f-\xa0;?=<>\"\\\ud800-\udfff]++")
_URI_TEXT = re.compile(r"[^\x00-\x20\x7f-\xa0<>\"\\\ud800-\udfff]++")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_MUST_ESCAPE = re.compile(r"[^A-Za-z0-9\-_.!~*'()&=+$,;?/]")  # user = unreserved / user-unreserved
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])"
_THIRD_COLON = re.compile(r"(?<!:):::(?=[0-9]+\.)")
_NOT_IPV4 = re.compile(rf"(?!{_OCTET}(?:\.{_OCTET}){{3}}\Z)[0-9]+(?:\.[0-9]+){{3}}")


@dataclass(frozen=True, slots=True)
class Uri:
    """A URI. `host` has no brackets around an IPv6 address; parameter names are lower case.

    `opaque` is what follows the colon of a scheme other than sip, sips and tel. A tel URI has its number in
    `user` and no host.
    """

    scheme: str
    user: str | None
    password: str | None = None
    host: str = ""
    port: int | None = None
    parameters: Parameters = field(default_factory=dict, hash=False)
    headers: tuple[tuple[str, str], ...] = ()
    opaque: str = ""

    @property
    def user_text(self) -> str:
        """The user with %-escapes resolved, "" if there is none; what cannot be shown becomes U+FFFD."""
        return unescape(self.user or "")

    def parameter(self, name: str) -> str | None:
        """The value of a parameter with %-escapes resolved; None if it is absent or has none."""
        value = self.parameters.get(name)
        return None if value is None else unescape(value)

    @property
    def effective_port(self) -> int:
        """The port, or the scheme's default (§19.1.2)."""
        return self.port if self.port is not None else DEFAULT_PORTS.get(self.scheme, 5060)

    @property
    def transport(self) -> str | None:
        """The transport parameter in lower case."""
        transport = self.parameters.get("transport")
        return transport.lower() if transport is not None else None

    @property
    def loose_routing(self) -> bool:
        """True if the element behind this URI routes as RFC 3261 wants (`;lr`)."""
        return "lr" in self.parameters

    def without_headers(self) -> Uri:
        """The URI as a Request-URI may have it: a Contact's headers do not belong there (§19.1.1 table 1)."""
        return replace(self, headers=()) if self.headers else self

    def __str__(self) -> str:
        """The URI as text. LocalProtocolError if a part would read back as something else."""
        text = f"{self.scheme}:{self.opaque}"
        if self.scheme == "tel":
            text += self.user or ""
        elif self.scheme in DEFAULT_PORTS:
            if self.user is not None:
                password = "" if self.password is None else f":{self.password}"
                text += f"{self.user}{password}@"
            text += format_host(self.host, self.port)
        for name, value in self.parameters.items():
            name = name.replace("%", "%25")  # names are unescaped, values are not
            text += f";{name}" if value is None else f";{name}={value}"
        if self.headers:
            text += "?" + "&".join(f"{name}={value}" for name, value in self.headers)
        if _URI_TEXT.fullmatch(text) is None:
            raise LocalProtocolError("A character in the URI must be escaped")
        return text


def parse_uri(text: str) -> Uri:
    """Read a URI; ParseError(where="uri") if it is none. No blanks are allowed around it or in it."""
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if not colon or _SCHEME.fullmatch(scheme) is None:
        raise ParseError("No scheme", where="uri")
    if "%" in rest and _BAD_ESCAPE.search(rest):
        raise ParseError("A percent sign without two hexadecimal digits", where="uri")
    if scheme in DEFAULT_PORTS:
        match = _SIP_URI.fullmatch(rest)
        if match is None:
            raise ParseError("Malformed SIP URI", where="uri")
        user, password, host, port, parameters, headers = match.groups()
        return Uri(
            scheme,
            user,
            password,
            parse_host(host, "uri"),
            parse_port(port, "uri") if port else None,
            _parse_uri_parameters(parameters) if parameters else {},
            _parse_uri_headers(headers) if headers else (),
        )
    if scheme == "tel" and (match := _TEL_URI.fullmatch(rest)):
        return Uri(scheme, match[1], parameters=_parse_uri_parameters(match[2]))
    if scheme == "tel" or _URI_TEXT.fullmatch(rest) is None:
        raise ParseError("Malformed URI", where="uri")
    return Uri(scheme, None, opaque=rest)


def parse_host(text: str, where: str) -> str:
    """A host that already has the shape of `HOST`, its brackets off; ParseError for an impossible address."""
    if text[0] == "[":
        # The grammar of RFC 3261 lets a third colon slip in before an IPv4 address: RFC 5118 §4.10.
        text = _THIRD_COLON.sub("::", text)
        try:
            return text[1:-1] if IPv6Address(text[1:-1]) else ""
        except AddressValueError:
            raise ParseError("Not an IPv6 address", where=where) from None
    if _NOT_IPV4.fullmatch(text):
        raise ParseError("Not an IPv4 address", where=where)
    return text


def parse_port(text: str, where: str) -> int:
    """A port from 1 to 65,535 out of digits."""
    if len(text) > 5 or not 0 < int(text) < 65536:
        raise ParseError("Not a port", where=where)
    return int(text)


def format_host(host: str, port: int | None) -> str:
    """`host:port` with brackets around an IPv6 address. LocalProtocolError for what is no host."""
    text = f"[{host}]" if ":" in host else host
    if _HOST.fullmatch(text) is None:
        raise LocalProtocolError("Not a host")
    return text if port is None else f"{text}:{port}"


def unescape(text: str) -> str:
    """`text` with its %-escapes resolved as UTF-8; what cannot be shown becomes U+FFFD."""
    if "%" in text:
        text = _ESCAPE.sub(lambda m: bytes.fromhex(m[0].replace("%", "")).decode("utf-8", "replace"), text)
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def escape_user(text: str) -> str:
    """`text` as the user part of a SIP URI, with what §25.1 does not allow there %-escaped."""
    return _MUST_ESCAPE.sub(
        lambda m: "".join(f"%{byte:02X}" for byte in m[0].encode("utf-8", "replace")), text
    )


_HOST = re.compile(HOST)


def _parse_uri_parameters(text: str) -> Parameters:
    """`;name=value` without blanks (§25.1 uri-parameters)."""
    parameters: dict[str, str | None] = {}
    for item in text.split(";")[1:]:
        name, equals, value = item.partition("=")
        # `%6C%72` is `lr` (RFC 4475 §3.1.1.3); unescaped once, here, so that a look-up by name is enough.
        name = unescape(name).lower()
        if _PARAMETER_TEXT.fullmatch(name) is None or (value and _URI_TEXT.fullmatch(value) is None):
            raise ParseError("Malformed URI parameter", where="uri")
        new = value if equals else None
        if name in parameters and parameters[name] != new:
            raise ParseError("A URI parameter is given twice", where="uri")
        parameters[name] = new
    return parameters


def _parse_uri_headers(text: str) -> tuple[tuple[str, str], ...]:
    """`name=value&name=value`, escapes kept (§25.1 headers)."""
    headers = []
    for item in text.split("&"):
        name, equals, value = item.partition("=")
        if (
            not equals
            or _PARAMETER_TEXT.fullmatch(name) is None
            or (value and not _URI_TEXT.fullmatch(value))
        ):
            raise ParseError("Malformed URI header", where="uri")
        headers.append((name, value))
    return tuple(headers)
