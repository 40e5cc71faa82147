"""The WebRTC VAD, called without the GIL through the symbols that the installed `_webrtcvad` module exports."""

from libc.stdint cimport int16_t

# mode 0 (gentle) to 3 (aggressive). NULL when bind_vad() was not called or memory is out. Allocates: not in loops.
cdef void* vad_new(int mode) noexcept nogil
cdef void vad_free(void* vad) noexcept nogil
# 1 voiced, 0 not, -1 when the rate (8000, 16000, 32000, 48000) or length (10, 20, 30 ms) is not one it knows.
cdef int vad_process(void* vad, int rate_hz, const int16_t* frame, int n) noexcept nogil
