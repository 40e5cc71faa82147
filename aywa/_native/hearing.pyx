"""What a leg needs of audio beside its codecs, on its own clock."""

from libc.math cimport sqrtf
from libc.stdint cimport int16_t, int64_t, uint8_t, uint64_t
from libc.string cimport memset

from aywa._native.comfort_noise cimport noise_init
from aywa._native.echo cimport ECHO_HISTORY, ECHO_ONLY, Echo, echo_init, echo_process, echo_sent
from aywa._native.goertzel cimport tone_detector_init
from aywa._native.resample cimport down2_init, down2_process
from aywa._native.tone cimport tone_sender_init

cdef enum:
    PART = 160                  # samples judged at once
    FADE = 80                   # samples in which the gate of a wideband leg moves: 5 ms at 16 kHz
    MAX_PART = 480
    SETTLED = 480               # samples (60 ms) after the last echo from which on what is heard is as it came


cdef size_t hearing_size(bint guarded) noexcept nogil:
    return sizeof(Hearing) + (sizeof(Echo) if guarded else 0)


cdef void hearing_init(Hearing* h, bint guarded, uint64_t seed) noexcept nogil:
    h.gate = 1
    tone_detector_init(&h.tones)
    tone_sender_init(&h.sender)
    down2_init(&h.sent_band)
    noise_init(&h.noise, seed)
    if guarded:
        h.echo = <Echo*>(h + 1)
        echo_init(h.echo)


cdef void hearing_sent(Hearing* h, int64_t position, const int16_t* pcm, const uint8_t* ulaw, int n,
                       int shift) noexcept nogil:
    cdef int16_t[MAX_PART] band
    if shift:
        down2_process(&h.sent_band, pcm, band, n)
        pcm = band
        ulaw = NULL
    echo_sent(h.echo, position, pcm, ulaw, n)


cdef bint hearing_awaits_echo(const Hearing* h, int64_t position) noexcept nogil:
    return position - h.echo.loud_end < ECHO_HISTORY + SETTLED


cdef float _energy(const int16_t* pcm, int n) noexcept nogil:
    cdef float sum = 0
    cdef int i
    for i in range(n):
        sum += <float>pcm[i] * pcm[i]
    return sum


cdef void _lower(Hearing* h, float gate, int16_t* pcm, int n) noexcept nogil:
    """By `gate`, from where it was: a step would click."""
    cdef float step = (gate - h.gate) / FADE
    cdef int i
    if gate == 1 and h.gate == 1:
        return
    for i in range(n):
        if i < FADE:
            h.gate += step
        pcm[i] = <int16_t>(pcm[i] * h.gate)
    h.gate = gate


cdef void hearing_guard(Hearing* h, int64_t position, int16_t* band, int16_t* pcm, int n, int shift) noexcept nogil:
    cdef float before, after, gate
    cdef int part, verdict
    while n > 0:
        part = PART if n > PART else n
        before = _energy(band, part) if shift else 0
        verdict = echo_process(h.echo, position, band, part)
        if shift:
            gate = 1
            if verdict == ECHO_ONLY and before > 0:
                after = _energy(band, part)
                gate = sqrtf(after / before) if after < before else 1
            _lower(h, gate, pcm, part << shift)
        position += part
        band += part
        pcm += part << shift
        n -= part
