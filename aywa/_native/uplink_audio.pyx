"""The caller's audio, packet by packet in order.

Where other parts come in, in this order: `_deliver`, before the recording (what is to be heard of the caller at
all), and after it (echo, in-band digits: `band` is 8 kHz whatever the leg's rate). Who shares a room with the
caller hears him before the echo guard: what it holds back for the recogniser's sake, people would miss.
"""

from libc.math cimport floor
from libc.stdint cimport int16_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy, memset

from aywa._native.atomic cimport load_u32, load_u64, store_u32, store_u64
from aywa._native.codec cimport CODEC_PCMA, CODEC_PCMU, Codec, codec_conceal, codec_decode, codec_recovers, codec_reset
from aywa._native.downlink cimport downlink_cut
from aywa._native.hearing cimport hearing_awaits_echo, hearing_guard
from aywa._native.legstate cimport *
from aywa._native.mixing cimport Mixing, mixing_overheard
from aywa._native.plc cimport PLC_HISTORY, plc_bridge, plc_conceal, plc_good, plc_init, plc_remember
from aywa._native.recorder cimport recorder_left
from aywa._native.reorder cimport ReorderPacket
from aywa._native.resample cimport HALF_DELAY, down2_init, down2_process, up2_init, up2_process
from aywa._native.room cimport member_restart, member_voice
from aywa._native.speech cimport SPEECH_NONE, SPEECH_STARTED, speech_frame, speech_loud_units
from aywa._native.uplink_tones cimport audio_find_tones
from aywa._native.wire cimport KIND_AUDIO, WIRE_CODECS, WIRE_NO_TYPE, wire_kind

cdef enum:
    MAX_CONCEALED = 4000       # samples (500 ms): the recogniser is told of a longer outage no further
    MAX_PACKETS = 50           # of it
    SMOOTHED = 80              # samples (10 ms) in which one codec passes into the next
    LOUD_UNITS = 3             # of 2 ms: a packet with fewer is no word's beginning yet
    SLACK = 40                 # samples (5 ms) the ring's places may be off: some clocks count by jerks


cdef inline void _tell_audio(Leg* leg) noexcept nogil:
    leg.up.noticed = leg.up.written
    leg_flag(leg, FLAG_PCM_READY)


cdef void audio_tell_speech(Leg* leg, int verdict) noexcept nogil:
    """Pass on what the detector found; confirmed speech closes the gate here, before Python knows."""
    cdef Downlink* down = &leg.down
    if verdict == SPEECH_NONE:
        return
    if verdict != SPEECH_STARTED:
        leg_event(leg, EVENT_SPEECH_STOPPED, leg.up.speech.last_active, 0, 0)
        return
    if leg.barge_in:
        store_u32(&down.gate_epoch, down.gate_epoch + 1)
        downlink_cut(leg)
    leg_event(leg, EVENT_SPEECH_STARTED, leg.up.speech.onset, down.gate_epoch, 0)
    _tell_audio(leg)                          # its beginning waits in the ring
    if leg.barge_in:
        leg_event(leg, EVENT_GATE_CLOSED, <int64_t>(down.played >> down.shift), down.audio_end, down.gate_epoch)


cdef void _detect(Leg* leg, const int16_t* band, int n, int64_t position) noexcept nogil:
    """Cut into 20 ms frames for the VAD; packets of other lengths leave a remainder for the next call."""
    cdef Uplink* up = &leg.up
    cdef int taken = 0, part
    if up.pending == 0 and n == FRAME:
        audio_tell_speech(leg, speech_frame(&up.speech, band, position))
        return
    while taken < n:
        part = FRAME - up.pending if FRAME - up.pending < n - taken else n - taken
        memcpy(&up.frame[up.pending], band + taken, part * sizeof(int16_t))
        up.pending += part
        taken += part
        if up.pending == FRAME:
            up.pending = 0
            audio_tell_speech(leg, speech_frame(&up.speech, up.frame, position + taken - FRAME))


cdef bint _place(Uplink* up, int64_t position) noexcept nogil:
    """Tell Python where on the timeline the samples stand that are written next; False without room for it.

    The ring holds what arrived, without the time in between: silence that was not sent, key presses, losses.
    """
    cdef int64_t offset = position - <int64_t>up.written
    cdef Break* found
    if offset - up.offset < SLACK and up.offset - offset < SLACK:
        return True
    if up.breaks_written - load_u64(&up.breaks_read) == BREAKS:
        return False
    found = &up.breaks[up.breaks_written & (BREAKS - 1)]
    found.position = up.written
    found.offset = offset
    up.offset = offset
    store_u64(&up.breaks_written, up.breaks_written + 1)
    return True


cdef void _keep(Leg* leg, const int16_t* pcm, int n, int64_t position) noexcept nogil:
    """For Python to read."""
    cdef Uplink* up = &leg.up
    cdef int start = <int>(up.written & (RING - 1)), first
    if RING - (up.written - load_u64(&up.read)) < <uint64_t>n or not _place(up, position):
        leg.stats.uplink_overrun += n
        return
    if n == FRAME and up.shift == 0 and start <= RING - FRAME:
        memcpy(&up.pcm[start], pcm, FRAME * sizeof(int16_t))
    else:
        first = (RING - start if RING - start < n else n) << up.shift
        memcpy(&up.pcm[start << up.shift], pcm, first * sizeof(int16_t))
        memcpy(&up.pcm[0], pcm + first, ((n << up.shift) - first) * sizeof(int16_t))
    store_u64(&up.written, up.written + n)
    if up.written - up.noticed >= NOTICE_SAMPLES and (
            up.speech.speaking or position - up.speech.last_active < ATTENTIVE_SAMPLES
            or up.written - up.noticed >= QUIET_NOTICE_SAMPLES):
        _tell_audio(leg)


cdef void _silence(int16_t* pcm, int16_t* band, int n, int shift) noexcept nogil:
    memset(pcm, 0, (n << shift) * sizeof(int16_t))
    memset(band, 0, n * sizeof(int16_t))


cdef void _deliver(Leg* leg, int16_t* pcm, int n, int64_t position) noexcept nogil:
    """`n` timeline samples in order: to the recording, the detectors and the ring that Python reads."""
    cdef Uplink* up = &leg.up
    cdef Mixing* mixing = leg_mixing(leg)
    cdef int16_t[MAX_SAMPLES] halved
    cdef int16_t* band = pcm
    cdef int64_t heard = position
    if up.shift:
        band = halved
        heard -= HALF_DELAY
        down2_process(&up.band, pcm, band, n)
    if up.tones:
        audio_find_tones(leg, band, n, heard)
    if load_u32(&leg.muted):
        _silence(pcm, band, n, up.shift)
    if leg.recorder != NULL:
        recorder_left(leg.recorder, position, pcm, n)
    if mixing_overheard(mixing) != NULL:
        recorder_left(mixing_overheard(mixing), position, pcm, n)
    if load_u32(&leg.held) & HELD:
        _silence(pcm, band, n, up.shift)          # music on hold: to be recorded, and not the caller
    up.end = position + n
    if mixing != NULL and mixing.member != NULL:
        # By the source's own clock: where the anchor follows a drift, the buffer would hear a hole.
        member_voice(mixing.member, position - <int64_t>floor(up.anchor), pcm, n << up.shift, up.arrival)
    if up.guarded:
        hearing_guard(up.hearing, position, band, pcm, n, up.shift)
    _keep(leg, pcm, n, position)
    _detect(leg, band, n, heard)


cdef void _recall(Uplink* up) noexcept nogil:
    """What was given out last, from the ring: remembering every packet twice would cost more than all losses."""
    if up.guarded:
        return                                    # kept as it was heard: the ring is without the echo
    cdef uint64_t end = up.written << up.shift, heard = (up.written - up.since) << up.shift
    cdef int i, n = PLC_HISTORY if heard > PLC_HISTORY else <int>heard
    memset(up.concealer.history, 0, sizeof(up.concealer.history))
    for i in range(n):
        up.concealer.history[PLC_HISTORY - n + i] = up.pcm[(end - n + i) & ((RING << up.shift) - 1)]


cdef void _await_echo(Uplink* up, int64_t position) noexcept nogil:
    """While an echo may come the concealer must remember by itself what was heard."""
    cdef bint awaits
    if up.hearing.echo == NULL:
        return
    awaits = hearing_awaits_echo(up.hearing, position)
    if awaits and not up.guarded and up.concealer.missing == 0:
        _recall(up)
    up.guarded = awaits


cdef int _fit(Uplink* up, const Codec* codec, int16_t* decoded, int16_t* pcm, int count) noexcept nogil:
    """`count` samples of the codec's rate as the leg's PCM; returns timeline samples. They may be in place."""
    if codec.rate == 8000:
        if up.shift:
            up2_process(&up.doubler, decoded, pcm, count)
        return count
    if not up.shift:
        down2_process(&up.halver, decoded, pcm, count >> 1)
    return count >> 1


cdef int _conceal_by_codec(Leg* leg, int16_t* pcm, int n, const ReorderPacket* later) noexcept nogil:
    """Timeline samples the codec itself could put in place of `n`; 0: none."""
    cdef Uplink* up = &leg.up
    cdef int16_t[MAX_PCM] other
    cdef int16_t* decoded = pcm
    cdef Codec* codec
    cdef int count
    if up.codec >= WIRE_CODECS or leg.wire.types[up.codec] == WIRE_NO_TYPE:
        return 0
    codec = &leg.wire.codecs[up.codec]
    if (codec.rate == 16000) != up.shift:
        decoded = other
    if later != NULL and later.payload_type == leg.wire.types[up.codec]:
        count = codec_conceal(codec, decoded, n * (codec.rate // 8000), later.payload, later.length)
        leg.reports.figures.recovered += count > 0 and codec_recovers(codec, later.payload, later.length)
    else:
        count = codec_conceal(codec, decoded, n * (codec.rate // 8000), NULL, 0)
    return _fit(up, codec, decoded, pcm, count) if count > 0 else 0


cdef bint _bridge(Leg* leg, int16_t* pcm, int n, const ReorderPacket* later) noexcept nogil:
    """The last packet of a hole, when what comes after it can be decoded without a state that this would move."""
    cdef Uplink* up = &leg.up
    cdef int16_t[MAX_SAMPLES] known
    cdef Codec* codec
    cdef int count, index = 0
    if up.shift or wire_kind(leg.wire, later.payload_type, &index) != KIND_AUDIO:
        return False
    codec = &leg.wire.codecs[index]
    if codec.kind != CODEC_PCMU and codec.kind != CODEC_PCMA:
        return False
    count = codec_decode(codec, later.payload, later.length, known, MAX_SAMPLES)
    if count <= 0:
        return False
    plc_bridge(&up.concealer, pcm, n, known, count)
    return True


cdef void audio_conceal(Leg* leg, int missing, const ReorderPacket* later) noexcept nogil:
    cdef Uplink* up = &leg.up
    cdef int16_t[MAX_PCM] pcm
    cdef int i, n = up.packet_samples, made, packets = MAX_CONCEALED // n
    cdef bint last
    leg.stats.lost += missing
    if up.noisy:
        return                                    # what was lost was silence
    leg.reports.figures.bursts += 1
    packets = MAX_PACKETS if packets > MAX_PACKETS else packets
    packets = missing if missing < packets else packets
    for i in range(packets):
        made = 0
        last = i == missing - 1
        if up.concealer.missing == 0:
            made = _conceal_by_codec(leg, pcm, n, later if last else NULL)
            if made == 0:
                _recall(up)
        if made == 0:
            if not last or not _bridge(leg, pcm, n, later):
                plc_conceal(&up.concealer, pcm, n << up.shift)
            made = n
        leg.stats.concealed += 1
        _deliver(leg, pcm, made, up.end)


cdef void _smooth(Uplink* up, int16_t* pcm, int n) noexcept nogil:
    """Another codec: its filters begin at rest, so what was heard goes on for a moment and fades into it."""
    cdef int16_t[2 * SMOOTHED] tail
    cdef int i, count = (SMOOTHED if n > SMOOTHED else n) << up.shift
    _recall(up)
    plc_conceal(&up.concealer, tail, count)
    up.concealer.missing = 0
    for i in range(count):
        pcm[i] = <int16_t>((tail[i] * (count - i) + pcm[i] * (i + 1)) // (count + 1))


cdef void audio_take(Leg* leg, const ReorderPacket* packet, int index, int64_t position) noexcept nogil:
    cdef Uplink* up = &leg.up
    cdef Codec* codec = &leg.wire.codecs[index]
    cdef int16_t[MAX_PCM] pcm
    cdef int16_t[MAX_PCM] other
    cdef bint same_rate = (codec.rate == 16000) == up.shift, changed = index != up.codec, remembered = False
    cdef int16_t* decoded = pcm
    cdef int n
    if not same_rate:
        decoded = other
    if changed:
        up2_init(&up.doubler)
        down2_init(&up.halver)
    n = codec_decode(codec, packet.payload, packet.length, decoded, MAX_SAMPLES * (codec.rate // 8000))
    if n < 0:
        leg.stats.malformed += 1
        return
    n = _fit(up, codec, decoded, pcm, n)
    if n:
        up.packet_samples = n
    if up.concealer.missing:
        plc_good(&up.concealer, pcm, n << up.shift)
        remembered = True
    elif changed and up.codec != CODEC_NONE and position - up.end < SLACK and up.end - position < SLACK:
        _smooth(up, pcm, n)
    up.codec = <uint8_t>index
    up.noisy = False
    if position - up.end < SLACK and up.end - position < SLACK:
        position = up.end                         # no gap: a clock that counts by jerks, or drifts
    _await_echo(up, position)
    if up.guarded and not remembered:
        plc_remember(&up.concealer, pcm, n << up.shift)
    _deliver(leg, pcm, n, position)


cdef bint audio_may_interrupt(Leg* leg, const ReorderPacket* packet, int index) noexcept nogil:
    cdef Codec* codec = &leg.wire.codecs[index]
    cdef int16_t[MAX_PCM] pcm
    cdef int n
    if not leg.barge_in or not leg.down.playing or leg.up.speech.speaking or load_u32(&leg.muted):
        return False
    if codec.kind != CODEC_PCMU and codec.kind != CODEC_PCMA:
        return True                               # to look into it would move the decoder's state
    n = codec_decode(codec, packet.payload, packet.length, pcm, MAX_SAMPLES)
    return n > 0 and speech_loud_units(&leg.up.speech, pcm, n) >= LOUD_UNITS


cdef void audio_restart(Leg* leg) noexcept nogil:
    cdef Mixing* mixing = leg_mixing(leg)
    cdef int i
    if mixing != NULL and mixing.member != NULL:
        member_restart(mixing.member)
    plc_init(&leg.up.concealer)
    leg.up.concealer.rate = 8000 << leg.up.shift
    leg.up.since = leg.up.written
    leg.up.codec = CODEC_NONE
    leg.up.noisy = False
    for i in range(WIRE_CODECS):
        if leg.wire.types[i] != WIRE_NO_TYPE:
            codec_reset(&leg.wire.codecs[i])
