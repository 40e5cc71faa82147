"""RTP (RFC 3550) and telephone-event (RFC 4733), pure."""
