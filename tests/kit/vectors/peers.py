"""Messages as real peers write them: sipp, baresip, Asterisk (chan_pjsip), Kamailio, a carrier's SBC."""

from __future__ import annotations

from .rfc4475_text import message

SIPP_SDP = """v=0
o=user1 53655765 2353687637 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
m=audio 6000 RTP/AVP 0
a=rtpmap:0 PCMU/8000
"""

BARESIP_SDP = """v=0
o=- 2890844526 2890842807 IN IP4 127.0.0.1
s=-
c=IN IP4 127.0.0.1
t=0 0
a=tool:baresip 1.0.0
m=audio 13822 RTP/AVP 0 8 101
b=AS:125
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtcp:13823
a=sendrecv
a=label:1
a=rtcp-rsize
a=ssrc:3045842390 cname:sip:1001@127.0.0.1
a=ptime:20
"""

ASTERISK_SDP = """v=0
o=- 1184353024 1184353024 IN IP4 127.0.0.1
s=Asterisk
c=IN IP4 127.0.0.1
t=0 0
m=audio 12034 RTP/AVP 9 0 8 97 101
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:97 opus/48000/2
a=fmtp:97 useinbandfec=1
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=maxptime:140
a=sendrecv
"""

SBC_SDP = """v=0
o=SBC 81 27 IN IP4 203.0.113.9
s=sip call
e=noc@carrier.example
c=IN IP4 203.0.113.10
b=AS:84
t=0 0
m=audio 31002 RTP/AVP 18 8 0 96
c=IN IP4 203.0.113.11/127
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15,32,36
a=X-vendor
a=ptime:30
m=image 0 udptl t38
m=video 0 RTP/AVP 99
a=rtpmap:99 H264/90000
"""

# A desk phone with optimistic SRTP: Opus first, keys beside a plain profile, RTCP on the RTP port.
PHONE_SDP = """v=0
o=phone 4711 1 IN IP4 127.0.0.1
s=call
c=IN IP4 127.0.0.1
t=0 0
m=audio 11780 RTP/AVP 114 9 96 8 0 13 97 126 127
a=rtpmap:114 opus/48000/2
a=fmtp:114 minptime=10; useinbandfec=1; usedtx=1; maxaveragebitrate=32000; sprop-stereo=0
a=rtpmap:9 G722/8000
a=rtpmap:96 L16/16000
a=rtpmap:97 CN/16000
a=rtpmap:126 telephone-event/48000
a=fmtp:126 0-15
a=rtpmap:127 telephone-event/8000
a=fmtp:127 0-15
a=ptime:20
a=maxptime:60
a=crypto:1 AEAD_AES_256_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis=|2^48
a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|2^31 WSH=128
a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|2^20|1:4
a=crypto:4 AES_CM_128_HMAC_SHA1_32 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd UNENCRYPTED_SRTCP
a=rtcp:11781 IN IP4 127.0.0.1
a=rtcp-mux
a=sendrecv
"""

# An SBC that speaks SRTP only.
SECURE_SDP = """v=0
o=SBC 5 1 IN IP4 203.0.113.9
s=-
c=IN IP4 203.0.113.9
t=0 0
m=audio 31004 RTP/SAVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=crypto:10 AES_CM_128_HMAC_SHA1_80 inline:HRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA
a=ptime:20
"""

PEERS: dict[str, bytes] = {
    "sipp": message(
        """
INVITE sip:600@127.0.0.1:5060 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5090;branch=z9hG4bK-4104-1-0
From: sipp <sip:sipp@127.0.0.1:5090>;tag=4104SIPpTag001
To: 600 <sip:600@127.0.0.1:5060>
Call-ID: 1-4104@127.0.0.1
CSeq: 1 INVITE
Contact: sip:sipp@127.0.0.1:5090
Max-Forwards: 70
Subject: Performance Test
Content-Type: application/sdp
Content-Length:   {length}
""",
        SIPP_SDP,
    ),
    "baresip": message(
        """
INVITE sip:8001@127.0.0.1:5080 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK6d0d4ee0e4a1b3f2;rport
Contact: <sip:1001-0x55d0c1e2a3b0@127.0.0.1:5070>;expires=60
Max-Forwards: 70
To: <sip:8001@127.0.0.1:5080>
From: "Ann \\"A\\" Example" <sip:1001@127.0.0.1>;tag=9d8bb4c2f1f0a1c3
Call-ID: 5a6cb5a1c6e5f3d2
CSeq: 10817 INVITE
User-Agent: baresip v1.0.0 (x86_64/linux)
Allow: INVITE,ACK,BYE,CANCEL,OPTIONS,NOTIFY,SUBSCRIBE,INFO,MESSAGE,REFER
Supported: gruu,replaces,norefersub
Content-Type: application/sdp
Content-Length: {length}
""",
        BARESIP_SDP,
    ),
    "asterisk": message(
        """
INVITE sip:8123@127.0.0.1:5080 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bKPj2c1b9a5e-6b7b-4f2c-8d8e-0a9a6ab7a111
From: "1001" <sip:1001@127.0.0.1>;tag=0c2f5f0e-1f2a-4d2b-9f1d-4a9f8a7f3f11
To: <sip:8123@127.0.0.1>
Contact: <sip:asterisk@127.0.0.1:5060>
Call-ID: 7f0a6ac3-61a5-4d5c-a3e5-6f2b7e2a1a11
CSeq: 23409 INVITE
Allow: OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, PUBLISH, INVITE, ACK, BYE, CANCEL, UPDATE,
 PRACK, INFO, MESSAGE, REFER
Supported: 100rel, timer, replaces, norefersub, histinfo
Session-Expires: 1800
Min-SE: 90
P-Asserted-Identity: "1001" <sip:1001@127.0.0.1>
Max-Forwards: 70
User-Agent: Asterisk PBX 22.1.0
Content-Type: application/sdp
Content-Length:   {length}
""",
        ASTERISK_SDP,
    ),
    "kamailio": message(
        """
BYE sip:asterisk@127.0.0.1:5060 SIP/2.0
Record-Route: <sip:127.0.0.1:5062;lr=on;ftag=as7a;did=a1b.c3d2>, <sip:127.0.0.1:5061;transport=tcp;lr>
Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK9d1e.7c5f2a11000000000000000000000000.0
Via: SIP/2.0/UDP 10.0.0.7:5060;received=127.0.0.1;rport=40211;branch=z9hG4bK-d8754z-1
Max-Forwards: 69
Route: <sip:127.0.0.1:5062;lr>
From: <sip:1001@127.0.0.1>;tag=as7a
To: <sip:8123@127.0.0.1>;tag=b7
Call-ID: MTIzNDU2Nzg5MGFiY2RlZg..
CSeq: 3 BYE
Reason: Q.850;cause=16;text="Normal call clearing", SIP;cause=200
Content-Length: 0
"""
    ),
    "sbc": message(
        """
INVITE sip:+4930123456@198.51.100.4:5060;user=phone SIP/2.0
v: SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bKsbc0077,
 SIP/2.0/UDP core.carrier.example:5060;branch=z9hG4bKcore
f: <tel:+49891234567;phone-context=example.com>;tag=SDq1b0
t: <sip:+4930123456;npdi@carrier.example;user=phone>
i: SDq1b0-3c9f@203.0.113.9
m: <sip:+49891234567@203.0.113.9:5060;transport=udp>
c: application/sdp;charset="utf-8"
k: 100rel,timer
P-Asserted-Identity: <sip:+49891234567@carrier.example;user=phone>,<tel:+49891234567>
Privacy: none
P-Charging-Vector: icid-value="a;b,c";orig-ioi=carrier.example
Diversion: "Reception, ext. 5" <sip:+4930555@carrier.example>;reason=no-answer;counter=1
CSeq: 1 INVITE
Max-Forwards: 30
l: {length}
""",
        SBC_SDP,
    ),
    "asterisk 200": message(
        """
SIP/2.0 200 OK
Via: SIP/2.0/UDP 127.0.0.1:5080;rport=5080;received=127.0.0.1;branch=z9hG4bKaywa0001
Call-ID: aywa-1@127.0.0.1
From: <sip:aywa@127.0.0.1>;tag=ours
To: <sip:600@127.0.0.1>;tag=5d0b4a2e
CSeq: 1 INVITE
Server: Asterisk PBX 22.1.0
Allow: OPTIONS, REGISTER, SUBSCRIBE, NOTIFY, PUBLISH, INVITE, ACK, BYE, CANCEL, UPDATE,
 PRACK, INFO, MESSAGE, REFER
Contact: <sip:127.0.0.1:5060>
Supported: 100rel, timer, replaces, norefersub
Content-Type: application/sdp
Content-Length:   {length}
""",
        ASTERISK_SDP,
    ),
    "busy": message(
        """
SIP/2.0 503 Service Unavailable
Via: SIP/2.0/UDP 127.0.0.1:5080;received=127.0.0.1;rport=5080;branch=z9hG4bKaywa0002
To: <sip:600@127.0.0.1>;tag=b27e1a1d33761e85846fc98f5f3a7e58.7c5f
From: <sip:aywa@127.0.0.1>;tag=ours
Call-ID: aywa-2@127.0.0.1
CSeq: 1 INVITE
Retry-After: 30 (in maintenance);duration=3600
Server: kamailio (5.6.3 (x86_64/linux))
Content-Length: 0
"""
    ),
}
