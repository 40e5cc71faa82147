"""Calls that come over a stream instead of SIP and RTP: AudioSocket and Asterisk's websocket channel.

```
Asterisk ──TCP──▶ listener ──▶ link (frames, messages) ──▶ StreamCall ──▶ the table of calls
                                     ▲      │ audio           │ offer: RTP on this host
                                     │      ▼                 ▼
                                     └── carrier ◀──UDP──▶ the call's leg in the engine
```
The audio goes to the leg as RTP over a socket of this host: recording, voice detection, barge-in, the record
of what was heard and the pacing of what is sent are those of every other call.
"""
