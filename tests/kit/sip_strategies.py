"""Hypothesis strategies for SIP values that a user agent may build."""

from __future__ import annotations

from hypothesis import strategies as st

from aywa.proto.sip.build import new_request
from aywa.proto.sip.header import NameAddr, Via
from aywa.proto.sip.message import Request
from aywa.proto.sip.uri import Uri, escape_user

TOKENS = st.from_regex(r"[A-Za-z0-9\-.!%*_+`'~]{1,12}", fullmatch=True)
NAMES = TOKENS.map(str.lower)
# Any text a line can carry: no CR, LF, NUL or other controls, and no lone surrogates.
TEXT = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn", "Co", "Zs", "Cf")), max_size=20
)
DISPLAYS = st.one_of(
    TEXT, st.sampled_from(['J "X" \\ Y', "Bell, Alexander", "a;b=c", "<sip:x@y>", "名前 テスト"])
)
QUOTED = TEXT.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
HOSTS = st.one_of(
    st.from_regex(r"[a-z][a-z0-9]{0,8}(\.[a-z][a-z0-9\-]{0,8}){0,2}", fullmatch=True),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(str),
)
PORTS = st.one_of(st.none(), st.integers(1, 65535))
PARAMETERS = st.dictionaries(NAMES, st.one_of(st.none(), TOKENS, QUOTED), max_size=3)
_URI_NAMES = st.from_regex(r"[a-z0-9\-_.!~*']{1,10}", fullmatch=True)
_URI_VALUES = st.from_regex(r"[A-Za-z0-9\-_.!~*'()\[\]/:&+$]{1,10}", fullmatch=True)


URIS = st.builds(
    Uri,
    scheme=st.sampled_from(["sip", "sips"]),
    user=st.one_of(st.none(), st.text(min_size=1, max_size=12).map(escape_user)),
    host=HOSTS,
    port=PORTS,
    parameters=st.dictionaries(_URI_NAMES, st.one_of(st.none(), _URI_VALUES), max_size=3),
    headers=st.lists(st.tuples(_URI_NAMES, st.one_of(st.just(""), st.just("a%20b"))), max_size=2).map(tuple),
)
ADDRESSES = st.builds(NameAddr, DISPLAYS, URIS, PARAMETERS)
VIAS = st.builds(
    Via,
    st.sampled_from(["UDP", "TCP", "TLS", "WSS"]),
    HOSTS,
    PORTS,
    st.builds(
        lambda branch, extra: {"branch": f"z9hG4bK{branch}", **extra},
        TOKENS,
        st.dictionaries(st.sampled_from(["x", "alias", "comp"]), st.one_of(st.none(), TOKENS), max_size=2),
    ),
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """A request as `new_request` builds it."""
    body = draw(st.binary(max_size=40))
    return new_request(
        draw(st.sampled_from(["INVITE", "BYE", "OPTIONS", "x-NEW.method"])),
        draw(URIS),
        via=draw(VIAS),
        from_=draw(ADDRESSES),
        to=draw(ADDRESSES),
        call_id=draw(st.from_regex(r"[a-z0-9]{1,12}(@[a-z0-9.]{1,9})?", fullmatch=True)),
        cseq=draw(st.integers(0, 2**31 - 1)),
        contact=draw(st.one_of(st.none(), ADDRESSES)),
        routes=draw(st.lists(ADDRESSES, max_size=2)),
        headers=draw(st.lists(st.tuples(st.just("X-Note"), TEXT), max_size=2)),
        body=body,
        content_type="application/x-test" if body else None,
    )
