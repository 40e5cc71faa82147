"""The SIP user agent: Trio drivers of aywa.proto.sip."""
