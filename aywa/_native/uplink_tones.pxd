"""Sounds of the caller's leg that are not his voice: key presses as tones, comfort noise."""

from libc.stdint cimport int16_t, int64_t

from aywa._native.legstate cimport Leg
from aywa._native.reorder cimport ReorderPacket

# Looks for presses in n samples of 8 kHz.
cdef void audio_find_tones(Leg* leg, const int16_t* band, int n, int64_t position) noexcept nogil
# A press (event code) that the detector found, or -1.
cdef void audio_tell_tone(Leg* leg, int code) noexcept nogil
# A comfort noise packet that stands at timeline sample `position`.
cdef void audio_begin_noise(Leg* leg, const ReorderPacket* packet, int64_t position) noexcept nogil
# Once per turn while the leg is noisy: noise up to `now`.
cdef void audio_go_on_with_noise(Leg* leg, int64_t now) noexcept nogil
