"""What scanners and attack tools give away about themselves: requests with any of it are dropped unanswered.

Only what no telephone, PBX or monitor says of itself: a tool that poses as one is held by the rates instead.
"""

from __future__ import annotations

import re

# In User-Agent or Server, lower case.
TOOLS = (
    *(b"friendly-scanner", b"friendly-request", b"sipvicious", b"sip-scan", b"sipscan", b"sundayddr"),
    *(b"sipcli", b"pplsip", b"iwar", b"sivus", b"smap", b"gulp", b"siparmyknife", b"sipptk"),
    *(b"vaxsipuseragent", b"vaxipuseragent", b"mr.sip", b"mrsip", b"bluebox-scanner", b"viproy"),
    *(b"zgrab", b"masscan", b"censysinspect", b"nmap", b"stretchoid"),
)
# In From, To or Contact, lower case: what svmap, nmap and their heirs write there.
NAMES = (b"@1.1.1.1", b'"sipvicious"', b"sip:sipvicious@", b"sip:nm@nm", b"sip:nm2@nm2")

_HEAD = 4096  # bytes that are looked at: a scanner's request is short
_VALUE = re.compile(
    rb"\r\n(?:(user-agent|server)|(?:from|f|to|t|contact|m))[ \t]*+:([^\r\n]{0,300})", re.IGNORECASE
)


def is_scanner(request: bytes) -> bool:
    """True when the head of `request` names a scanner. Reads no further than 4 KiB."""
    for match in _VALUE.finditer(request, 0, _HEAD):
        value = match[2].lower()
        if any(word in value for word in (TOOLS if match[1] else NAMES)):
            return True
    return False
