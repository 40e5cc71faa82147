"""Sounds of the caller's leg that are not his voice: key presses as tones, comfort noise.

Noise (RFC 3389) is what a listener hears while the caller's phone sends nothing: it belongs into the recording and to
whoever is bridged to the leg. The recogniser and the detectors are better served by the gap that is really there.
"""

from libc.stdint cimport int16_t, int64_t

from aywa._native.atomic cimport load_u32
from aywa._native.comfort_noise cimport noise_fill, noise_receive
from aywa._native.goertzel cimport tone_detector_frame, tone_detector_init
from aywa._native.hearing cimport Hearing
from aywa._native.legstate cimport *
from aywa._native.mixing cimport Mixing, mixing_overheard
from aywa._native.recorder cimport recorder_left
from aywa._native.room cimport member_noise
from aywa._native.speech cimport speech_idle
from aywa._native.uplink_audio cimport audio_tell_speech


cdef void audio_tell_tone(Leg* leg, int code) noexcept nogil:
    cdef Hearing* h = leg.up.hearing
    if code < 0 or (h.own_events >> code & 1 and h.tones.told_start < h.tones_end):
        return                                    # nothing, or our own press come back
    leg_event(leg, EVENT_DIGIT, h.tones.told_start, h.tones.told_duration, code)


cdef void audio_find_tones(Leg* leg, const int16_t* band, int n, int64_t position) noexcept nogil:
    if leg.up.tones == TONES_BEGIN:
        tone_detector_init(&leg.up.hearing.tones)
        leg.up.tones = TONES_ON
    audio_tell_tone(leg, tone_detector_frame(&leg.up.hearing.tones, band, n, position))


cdef void audio_begin_noise(Leg* leg, const ReorderPacket* packet, int64_t position) noexcept nogil:
    cdef Uplink* up = &leg.up
    if noise_receive(&up.hearing.noise, packet.payload, packet.length) < 0:
        leg.stats.malformed += 1
        return
    if not up.noisy:
        up.noisy = True
        up.hearing.noise_end = position if position > up.end else up.end
    if up.speech.speaking:
        audio_tell_speech(leg, speech_idle(&up.speech, position))


cdef void audio_go_on_with_noise(Leg* leg, int64_t now) noexcept nogil:
    cdef Uplink* up = &leg.up
    cdef Hearing* h = up.hearing
    cdef Mixing* mixing = leg_mixing(leg)
    cdef int16_t[MAX_PCM] pcm
    cdef int n
    if now - h.noise_end > RING:
        h.noise_end = now - RING
    while h.noise_end < now:
        n = MAX_SAMPLES if now - h.noise_end > MAX_SAMPLES else <int>(now - h.noise_end)
        noise_fill(&h.noise, pcm, n << up.shift)
        if leg.recorder != NULL and not load_u32(&leg.muted):
            recorder_left(leg.recorder, h.noise_end, pcm, n)
        if mixing_overheard(mixing) != NULL and not load_u32(&leg.muted):
            recorder_left(mixing_overheard(mixing), h.noise_end, pcm, n)
        h.noise_end += n
    if mixing != NULL and mixing.member != NULL:
        member_noise(mixing.member, NULL if load_u32(&leg.muted) or load_u32(&leg.held) & HELD else &h.noise)
