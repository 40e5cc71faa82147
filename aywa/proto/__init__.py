"""Protocols without I/O.

```
┌────────────────────────────────────────────────────────────────────┐
│ One input -> drain `actions()` -> wait until `deadline` or input.  │
│ Input methods never call back. Time is an argument (`now`,         │
│ monotonic seconds). `parse_*` functions on network bytes let one   │
│ exception out: `ParseError`.                                       │
└────────────────────────────────────────────────────────────────────┘
```
"""
