"""The SIP user agent on Trio: one socket, the pure core of `aywa.proto.sip`, a task per incoming call."""

from __future__ import annotations

from aywa.proto.sip.core import SipLoad
from aywa.ua.errors import InviteFailed, SipCallEnded
from aywa.ua.registrations import RegistrationStatus
from aywa.ua.session import Session, SessionEnded
from aywa.ua.uas import IncomingCall
from aywa.ua.user_agent import UserAgent, open_user_agent

__all__ = [
    "IncomingCall",
    "InviteFailed",
    "RegistrationStatus",
    "Session",
    "SessionEnded",
    "SipCallEnded",
    "SipLoad",
    "UserAgent",
    "open_user_agent",
]
