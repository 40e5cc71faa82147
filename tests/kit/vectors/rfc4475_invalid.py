"""RFC 4475 §3.1.2 and what else of it is refused: each message with the status that answers it.

A response cannot be answered: its status is that of the ParseError, and the message is dropped.
"""

from __future__ import annotations

from .rfc4475_text import message, sdp


def _invite(
    start: str, name: str, *, headers: str = "", address: str = "192.0.2.1", times: str = "0 0"
) -> bytes:
    """An INVITE that is well formed but for what `start` and `headers` bring."""
    via = "" if "Via:" in headers else "Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bK-39234-23523\n"
    to = "" if "To:" in headers else "To: sip:j.user@example.com\n"
    contact = "" if "Contact:" in headers else "Contact: <sip:caller@host5.example.net>\n"
    length = "" if "Content-Length:" in headers else "Content-Length: {length}\n"
    cseq = "" if "CSeq:" in headers else "CSeq: 8 INVITE\n"
    head = (
        f"{start}\nMax-Forwards: 70\n{to}From: sip:caller@example.net;tag=93942939o2\n{contact}"
        f"Call-ID: {name}\n{cseq}{via}Content-Type: application/sdp\n{length}{headers}"
    )
    return message(head, sdp(address, times=times))


_PLAIN = "INVITE sip:user@example.com SIP/2.0"

INVALID: dict[str, tuple[bytes, int]] = {
    # 3.1.2.1 Extraneous header field separators
    "badinv01": (
        _invite(
            _PLAIN,
            "badinv01.0ha0isndaksdjasdf3234nas",
            headers='Via: SIP/2.0/UDP 192.0.2.15;;,;,,\nContact: "Joe" <sip:joe@example.org>;;;;\n',
            address="192.0.2.15",
        ),
        400,
    ),
    # 3.1.2.2 Content length larger than message
    "clerr": (_invite(_PLAIN, "clerr.0ha0isndaksdjweiafasdk3", headers="Content-Length: 9999\n"), 400),
    # 3.1.2.3 Negative content length
    "ncl": (_invite(_PLAIN, "ncl.0ha0isndaksdj2193423r542w35", headers="Content-Length: -999\n"), 400),
    # 3.1.2.4 Request scalar fields with overlarge values
    "scalar02": (
        message(
            f"""
REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bK342sdfoi3
To: <sip:user@example.com>
From: <sip:user@example.com>;tag=239232jh3
CSeq: 36893488147419103232 REGISTER
Call-ID: scalar02.23o0pd9vanlq3wnrlnewofjas9ui32
Max-Forwards: 300
Expires: 1{"0" * 100}
Contact: <sip:user@host129.example.com>
  ;expires=280297596632815
Content-Length: 0
"""
        ),
        400,
    ),
    # 3.1.2.5 Response scalar fields with overlarge values
    "scalarlg": (
        message(
            """
SIP/2.0 503 Service Unavailable
Via: SIP/2.0/TCP host129.example.com;branch=z9hG4bKzzxdiwo34sw;received=192.0.2.129
To: <sip:user@example.com>
From: <sip:other@example.net>;tag=2easdjfejw
CSeq: 9292394834772304023312 OPTIONS
Call-ID: scalarlg.noase0of0234hn2qofoaf0232aewf2394r
Retry-After: 949302838503028349304023988
Warning: 1812 overture "In Progress"
Content-Length: 0
"""
        ),
        400,
    ),
    # 3.1.2.6 Unterminated quoted string in display name
    "quotbal": (
        _invite(_PLAIN, "quotbal.aksdj", headers='To: "Mr. J. User <sip:j.user@example.com>\n'),
        400,
    ),
    # 3.1.2.7 <> enclosing Request-URI
    "ltgtruri": (
        _invite("INVITE <sip:user@example.com> SIP/2.0", "ltgtruri.1@192.0.2.5", times="3149328700 0"),
        400,
    ),
    # 3.1.2.8 Malformed SIP Request-URI with embedded blanks
    "lwsruri": (
        _invite(
            "INVITE sip:user@example.com; lr SIP/2.0",
            "lwsruri.asdfasdoeoi2323-asdfwrn23-asd834rk423",
            headers="CSeq: 2130706432 INVITE\n",
        ),
        400,
    ),
    # 3.1.2.9 Several blanks between the elements of the start line
    "lwsstart": (
        _invite("INVITE  sip:user@example.com  SIP/2.0", "lwsstart.dfknq234oi243099adsdfnawe3@example.com"),
        400,
    ),
    # 3.1.2.10 Blanks behind the version
    "trws": (
        message(
            """
OPTIONS sip:remote-target@example.com SIP/2.0\x20\x20
Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK299342093
To: <sip:remote-target@example.com>
From: <sip:local-resource@example.com>;tag=329429089
Call-ID: trws.oicu34958239neffasdhr2345r
Accept: application/sdp
CSeq: 238923 OPTIONS
Max-Forwards: 70
Content-Length: 0
"""
        ),
        400,
    ),
    # 3.1.2.11 Escaped headers in the Request-URI
    "escruri": (
        _invite(
            "INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0",
            "escruri.23940-asdfhj-aje3br-234q098w-fawerh2q-h4n5",
        ),
        400,
    ),
    # 3.1.2.12 Invalid time zone in Date
    "baddate": (
        _invite(
            _PLAIN,
            "baddate.239423mnsadf3j23lj42--sedfnm234",
            headers="Date: Fri, 01 Jan 2010 16:00:00 EST\n",
        ),
        400,
    ),
    # 3.1.2.13 A URI with headers must stand in <>
    "regbadct": (
        message(
            """
REGISTER sip:example.com SIP/2.0
To: sip:user@example.com
From: sip:user@example.com;tag=998332
Max-Forwards: 70
Call-ID: regbadct.k345asrl3fdbv@10.0.0.1
CSeq: 1 REGISTER
Via: SIP/2.0/UDP 135.180.130.133:5060;branch=z9hG4bKkdjuw
Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E
l: 0
"""
        ),
        400,
    ),
    # 3.1.2.14 Blanks within addr-spec
    "badaspec": (
        message(
            """
OPTIONS sip:user@example.org SIP/2.0
Via: SIP/2.0/UDP host4.example.com:5060;branch=z9hG4bKkdju43234
Max-Forwards: 70
From: "Bell, Alexander" <sip:a.g.bell@example.com>;tag=433423
To: "Watson, Thomas" < sip:t.watson@example.org >
Call-ID: badaspec.sdf0234n2nds0a099u23h3hnnw009cdkne3
Accept: application/sdp
CSeq: 3923239 OPTIONS
l: 0
"""
        ),
        400,
    ),
    # 3.1.2.15 Non-token characters in a display name
    "baddn": (
        message(
            """
OPTIONS sip:t.watson@example.org SIP/2.0
Via:     SIP/2.0/UDP c.example.com:5060;branch=z9hG4bKkdjuw
Max-Forwards:      70
From:    Bell, Alexander <sip:a.g.bell@example.com>;tag=43
To:      Watson, Thomas <sip:t.watson@example.org>
Call-ID: baddn.31415@c.example.com
Accept: application/sdp
CSeq:    3923239 OPTIONS
l: 0
"""
        ),
        400,
    ),
    # 3.1.2.16 Unknown protocol version
    "badvers": (
        message(
            """
OPTIONS sip:t.watson@example.org SIP/7.0
Via:     SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw
Max-Forwards:     70
From:    A. Bell <sip:a.g.bell@example.com>;tag=qweoiqpe
To:      T. Watson <sip:t.watson@example.org>
Call-ID: badvers.31417@c.example.com
CSeq:    1 OPTIONS
l: 0
"""
        ),
        505,
    ),
    # 3.1.2.17 Start line and CSeq name different methods
    "mismatch01": (
        message(
            """
OPTIONS sip:user@example.com SIP/2.0
To: sip:j.user@example.com
From: sip:caller@example.net;tag=34525
Max-Forwards: 6
Call-ID: mismatch01.dj0234sxdfl3
CSeq: 8 INVITE
Via: SIP/2.0/UDP host.example.com;branch=z9hG4bKkdjuw
l: 0
"""
        ),
        400,
    ),
    # 3.1.2.18 The same with an unknown method: 400 or 501, as one likes
    "mismatch02": (_invite("NEWMETHOD sip:user@example.com SIP/2.0", "mismatch02.dj0234sxdfl3"), 400),
    # 3.1.2.19 Overlarge response code
    "bigcode": (
        message(
            """
SIP/2.0 4294967301 better not break the receiver
Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe
Call-ID: bigcode.asdof3uj203asdnf3429uasdhfas3ehjasdfas9i
CSeq: 353494 INVITE
From: <sip:user@example.com>;tag=39ansfi3
To: <sip:user@example.edu>;tag=902jndnke3
Content-Length: 0
Contact: <sip:user@host105.example.com>
"""
        ),
        400,
    ),
    # 3.2.1 Missing transaction identifier: the 400 that the RFC allows
    "badbranch": (
        message(
            """
OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: sip:caller@example.org;tag=33242
Max-Forwards: 3
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK
Accept: application/sdp
Call-ID: badbranch.sadonfo23i420jv0as0derf3j3n
CSeq: 8 OPTIONS
l: 0
"""
        ),
        400,
    ),
    # 3.3.1 Missing required header fields
    "insuf": (
        message(
            """
INVITE sip:user@example.com SIP/2.0
CSeq: 193942 INVITE
Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf
Content-Type: application/sdp
l: {length}
""",
            sdp("192.0.2.95"),
        ),
        400,
    ),
    # 3.3.2 Request-URI with an unknown scheme
    "unkscm": (
        message(
            """
OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=384
Max-Forwards: 3
Call-ID: unkscm.nasdfasser0q239nwsdfasdkl34
CSeq: 3923423 OPTIONS
Via: SIP/2.0/TCP host9.example.com;branch=z9hG4bKkdjuw39234
Content-Length: 0
"""
        ),
        416,
    ),
    # 3.3.3 Request-URI with a known but atypical scheme
    "novelsc": (
        message(
            """
OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0
To: sip:user@example.com
From: sip:caller@example.net;tag=384
Max-Forwards: 3
Call-ID: novelsc.asdfasser0q239nwsdfasdkl34
CSeq: 3923423 OPTIONS
Via: SIP/2.0/TCP host9.example.com;branch=z9hG4bKkdjuw39234
Content-Length: 0
"""
        ),
        416,
    ),
    # 3.3.8 Multiple values in single-value header fields
    "multi01": (
        message(
            """
INVITE sip:user@company.com SIP/2.0
Contact: <sip:caller@host25.example.net>
Via: SIP/2.0/UDP 192.0.2.25;branch=z9hG4bKkdjuw
Max-Forwards: 70
CSeq: 5 INVITE
Call-ID: multi01.98asdh@192.0.2.1
CSeq: 59 INVITE
Call-ID: multi01.98asdh@192.0.2.2
From: sip:caller@example.com;tag=3413415
To: sip:user@example.com
To: sip:other@example.net
From: sip:caller@example.net;tag=2923420123
Content-Type: application/sdp
l: {length}
Contact: <sip:caller@host36.example.net>
Max-Forwards: 5
""",
            sdp("192.0.2.25"),
        ),
        400,
    ),
    # 3.3.9 Multiple Content-Length values
    "mcl01": (
        message(
            """
OPTIONS sip:user@example.com SIP/2.0
Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bK293423
To: sip:user@example.com
From: sip:other@example.net;tag=3923942
Call-ID: mcl01.fhn2323orihawfdoa3o4r52o3irsdf
CSeq: 15932 OPTIONS
Content-Length: 13
Max-Forwards: 60
Content-Length: 5
Content-Type: text/plain
""",
            "There's no way to know how many octets are supposed to be here.\n",
        ),
        400,
    ),
}
