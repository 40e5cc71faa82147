"""The caller's audio, packet by packet in order: decoded, concealed, heard by the detector, kept for Python."""

from libc.stdint cimport int64_t

from aywa._native.legstate cimport Leg
from aywa._native.reorder cimport ReorderPacket

# A packet of the wire's codec `index` that begins at timeline sample `position`.
cdef void audio_take(Leg* leg, const ReorderPacket* packet, int index, int64_t position) noexcept nogil
# So many packets are missing before `later`.
cdef void audio_conceal(Leg* leg, int missing, const ReorderPacket* later) noexcept nogil
# What the detector found (SPEECH_*): told, and acted on.
cdef void audio_tell_speech(Leg* leg, int verdict) noexcept nogil
# A new source begins.
cdef void audio_restart(Leg* leg) noexcept nogil
# Whether the assistant is speaking and this packet, which waits behind a hole, may hold a word over it.
cdef bint audio_may_interrupt(Leg* leg, const ReorderPacket* packet, int index) noexcept nogil
