"""The Python border of one leg: its memory, the Python ends of its rings, its figures."""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int16_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy, memset

from aywa._native.arena cimport arena_give, arena_take
from aywa._native.atomic cimport load_i64, load_u32, load_u64, store_u32, store_u64
from aywa._native.background cimport NativeClip
from aywa._native.capture cimport NativeCapture
from aywa._native.echo cimport echo_return_loss_db
from aywa._native.hearing cimport Hearing, hearing_init, hearing_size
from aywa._native.legstate cimport *
from aywa._native.mixing cimport Mixing, mixing_overheard
from aywa._native.plc cimport plc_init
from aywa._native.recorder cimport Recorder, recorder_finish, recorder_init, recorder_read, recorder_size
from aywa._native.reorder cimport reorder_init
from aywa._native.reporting cimport reporting_init
from aywa._native.reports cimport Reports
from aywa._native.resample cimport up2_init, up2_process
from aywa._native.rtcp cimport RTCP_CNAME_SIZE
from aywa._native.source cimport SOURCE_ANY, SOURCE_STRICT, source_init
from aywa._native.speech cimport speech_init
from aywa._native.telephone_event cimport digit_receiver_init, digit_sender_init
from aywa._native.uplink_clock cimport clock_init
from aywa._native.vad cimport vad_free, vad_new
from aywa._native.wheel cimport wheel_rewire
from aywa._native.wire cimport NativeWire, Wire, wire_free


from aywa._native.vad import bind_vad

cdef enum:
    READ_FRAMES = 8192         # stereo frames of one read_recording
    LINE = 64                  # bytes of a cache line


cdef inline size_t _lines(size_t size) noexcept nogil:
    return (size + LINE - 1) // LINE * LINE


cdef bytes _read(Recorder* recorder):
    """Stereo frames that are ready, READ_FRAMES at most."""
    cdef int available = <int>(load_i64(&recorder.ready) - recorder.read)
    cdef bytes out
    available = READ_FRAMES if available > READ_FRAMES else available
    if available <= 0:
        return b""
    out = PyBytes_FromStringAndSize(NULL, 4 * available)
    recorder_read(recorder, <int16_t*>PyBytes_AS_STRING(out), available)
    return out


cdef class NativeLeg:
    def __cinit__(self, int fd, *, NativeWire wire, ssrc, sequence, timestamp, bint barge_in, int timeout_samples,
                  bint record, int vad_mode, int start_ms, int stop_ms, int rtcp_fd=-1, bytes cname=b"-",
                  uint64_t seed=0, int nat=SOURCE_STRICT, uint32_t nat_host=0, bint echo_guard=False, bint tones=False,
                  bint follows=False):
        bind_vad()
        self._allocate(wire._wire.rate_shift if wire._wire != NULL else 0, echo_guard)
        self.vad = vad_new(vad_mode)
        if self.vad == NULL:
            raise MemoryError("no memory for a leg")
        hearing_init(self.leg.up.hearing, echo_guard, ssrc)
        self.leg.up.tones = TONES_ON if tones else TONES_OFF
        if record:
            self._make_recorder()
        self.leg.wire = wire.release()
        self.leg.fd = fd
        self.leg.ssrc = ssrc
        self.leg.barge_in = barge_in
        self.leg.follows = follows
        self.leg.timeout = timeout_samples
        self.leg.down.sequence = sequence
        self.leg.down.timestamp = timestamp
        self.leg.down.origin = timestamp
        self._make_reports(rtcp_fd, cname, seed, nat, nat_host)
        self.leg.up.packet_samples = FRAME
        self.leg.up.codec = CODEC_NONE
        clock_init(&self.leg.up)
        reorder_init(&self.leg.up.reorder, self.leg.wire.payloads, self.leg.wire.payload_size)
        plc_init(&self.leg.up.concealer)
        self.leg.up.concealer.rate = self.rate_hz
        digit_receiver_init(&self.leg.up.digits)
        digit_sender_init(&self.leg.down.digit)
        speech_init(&self.leg.up.speech, self.vad, start_ms // 2, stop_ms * 8)
        up2_init(&self.doubler)
        self._mailbox = []
        self._clips = []

    cdef int _allocate(self, int shift, bint guarded) except -1:
        """The struct, its rings and what stands beside it, each on the border of a cache line, in one block."""
        cdef size_t head = _lines(sizeof(Leg)), ring = (<size_t>RING * sizeof(int16_t)) << shift
        cdef size_t reports = _lines(sizeof(Reports))
        cdef char* memory
        self._memory = head + 2 * ring + reports + hearing_size(guarded)
        # Zeroing also touches every page, which spares the engine the faults.
        memory = <char*>arena_take(self._memory)
        if memory == NULL:
            raise MemoryError("no memory for a leg")
        self.leg = <Leg*>memory
        self.leg.up.pcm = <int16_t*>(memory + head)
        self.leg.up.shift = shift
        self.leg.down.pcm = <int16_t*>(memory + head + ring)
        self.leg.down.shift = shift
        self.leg.reports = <Reports*>(memory + head + 2 * ring)
        self.leg.up.hearing = <Hearing*>(memory + head + 2 * ring + reports)
        return 0

    cdef int _make_reports(self, int fd, bytes cname, uint64_t seed, int nat, uint32_t nat_host) except -1:
        cdef Reports* reports = self.leg.reports
        if not 1 <= len(cname) <= RTCP_CNAME_SIZE or not SOURCE_STRICT <= nat <= SOURCE_ANY:
            raise ValueError("a leg is named by 1 to 32 bytes and learns no source, one host's or any")
        reports.fd = fd
        reports.first_sequence = self.leg.down.sequence
        reports.sender.ssrc = self.leg.ssrc
        reports.sender.cname_length = <int>len(cname)
        memcpy(reports.sender.cname, <const char*>cname, len(cname))
        source_init(&reports.lock, nat, nat_host)
        self.leg.nat = <uint8_t>nat
        reporting_init(self.leg, seed)
        return 0

    cdef int _make_recorder(self) except -1:
        self.leg.recorder = <Recorder*>malloc(recorder_size(self.leg.up.shift))
        if self.leg.recorder == NULL:
            raise MemoryError("no memory for a recording")
        recorder_init(self.leg.recorder, self.leg.up.shift)
        self._memory += recorder_size(self.leg.up.shift)
        return 0

    def overhear(self):
        cdef Mixing* mixing
        cdef Recorder* made
        if self._last_stats is not None:
            return
        mixing = self.make_mixing()
        if mixing.overheard != NULL:
            mixing.overheard.read = 0
            return
        made = <Recorder*>malloc(recorder_size(self.leg.up.shift))
        if made == NULL:
            raise MemoryError("no memory for listeners")
        recorder_init(made, self.leg.up.shift)
        self._memory += recorder_size(self.leg.up.shift)
        store_u64(<uint64_t*>&mixing.overheard, <uint64_t>made)

    def read_overheard(self):
        cdef Recorder* heard = mixing_overheard(self.leg.mixing)
        if heard == NULL:
            return b""
        if heard.read == 0:
            heard.read = load_i64(&heard.ready)  # whoever begins to listen hears from now on
        return _read(heard)

    cdef Mixing* make_mixing(self) except NULL:
        """What the engine mixes by, from the first time that there is something to mix."""
        cdef Mixing* made
        if self.leg.mixing == NULL:
            made = <Mixing*>calloc(1, sizeof(Mixing))
            if made == NULL:
                raise MemoryError("no memory for what is mixed into a leg")
            self._memory += sizeof(Mixing)
            store_u64(<uint64_t*>&self.leg.mixing, <uint64_t>made)
        return self.leg.mixing

    def __dealloc__(self):
        # An attached leg is leaked rather than freed under the engine's hands; the engine holds a reference
        # to every attached leg, so this cannot happen while it runs.
        if self.attached:
            return
        if self.leg != NULL:
            free(self.leg.recorder)
            self._free_parts()
            self._free_leg()
        vad_free(self.vad)

    cdef void _free_parts(self) noexcept:
        """What only a leg in an engine needs."""
        if self.leg.mixing != NULL:
            free(self.leg.mixing.overheard)
        free(self.leg.mixing)
        wire_free(self.leg.wire)
        self.leg.mixing = NULL
        self.leg.reports = NULL
        self.leg.up.hearing = NULL
        self.leg.wire = NULL

    cdef void _free_leg(self) noexcept:
        if self._left_arena:
            free(self.leg)
        else:
            arena_give(self.leg)

    def release(self):
        cdef Leg* rest
        if self.attached:
            raise RuntimeError("the engine has the leg")
        if self._last_stats is not None:
            return
        if self.leg.recorder != NULL:
            recorder_finish(self.leg.recorder)
        self._last_reports = self.report_figures()
        self._last_stats = self.stats()
        self.leaving = True                   # no wire is taken from now on
        self._free_parts()
        vad_free(self.vad)
        self.vad = NULL
        self.leg.capture = NULL
        self._capture = None                  # whoever reads it has a reference of his own
        self.leg.up.pcm = NULL
        self.leg.down.pcm = NULL
        rest = <Leg*>malloc(sizeof(Leg))
        if rest != NULL:
            memcpy(rest, self.leg, sizeof(Leg))
            self._free_leg()
            self.leg = rest
            self._left_arena = True
        self._memory = sizeof(Leg)
        if self.leg.recorder != NULL:
            self._memory += recorder_size(self.leg.up.shift)

    cdef void _free_recorder(self) noexcept:
        """The last frame of a leg that is over has been read."""
        free(self.leg.recorder)
        self.leg.recorder = NULL
        self._memory -= recorder_size(self.leg.up.shift)

    def listen(self, pcm_ready, low_water):
        self._pcm_ready = pcm_ready
        self._low_water = low_water

    def post(self, event):
        self._mailbox.append(event)

    cdef void raise_flags(self, uint32_t flags):
        flags &= ~self._raised
        self._raised |= flags
        if flags & FLAG_PCM_READY:
            self._mailbox.append(self._pcm_ready)
        if flags & FLAG_LOW_WATER:
            self._mailbox.append(self._low_water)

    def post_flags(self, uint32_t flags):
        self.raise_flags(flags)

    def take(self):
        if not self._mailbox:
            return None
        event = self._mailbox.pop(0)
        if event is self._pcm_ready:
            self._raised &= ~FLAG_PCM_READY
        elif event is self._low_water:
            self._raised &= ~FLAG_LOW_WATER
        return event

    @property
    def posted(self):
        return len(self._mailbox) > 0

    @property
    def rate_hz(self):
        return 8000 << self.leg.up.shift

    cdef int _replace_wire(self, NativeWire wire) except -1:
        """Of a leg the engine does not touch."""
        wire_free(wheel_rewire(self.leg, wire.release()))
        return 0

    def set_peer(self, uint64_t peer):
        store_u64(&self.leg.peer, peer)

    def mute(self, bint muted):
        store_u32(&self.leg.muted, muted)

    def set_barge_in(self, bint on):
        self.leg.barge_in = on

    def hold(self, bint held):
        store_u32(&self.leg.held, self.leg.held & EXCUSED | (HELD if held else 0))

    def excuse(self, bint excused):
        store_u32(&self.leg.held, self.leg.held & HELD | (EXCUSED if excused else 0))

    def listen_for_tones(self, bint tones):
        cdef uint8_t wanted = TONES_BEGIN if tones else TONES_OFF
        if tones != (self.leg.up.tones != TONES_OFF):
            self.leg.up.tones = wanted

    def play_background(self, NativeClip clip):
        cdef Mixing* mixing = self.make_mixing()
        if clip is not None and clip not in self._clips:
            self._clips.append(clip)
        store_u64(&mixing.background.clip, <uint64_t>&clip.clip if clip is not None else 0)

    def record_apart(self, bint apart):
        store_u32(&self.make_mixing().apart, apart)

    @property
    def start_ns(self):
        return load_i64(&self.leg.start_ns)

    def read_uplink(self):
        cdef Uplink* up = &self.leg.up
        cdef uint64_t start = up.read, stop = load_u64(&up.written)
        cdef uint64_t breaks = load_u64(&up.breaks_written), place = up.breaks_read
        cdef int n, at = <int>(start & (RING - 1)), first
        cdef bytes out
        cdef int16_t* pcm
        if up.pcm == NULL:
            return b""
        # A break is written before the samples behind it: those up to `stop` have theirs.
        while place < breaks and up.breaks[place & (BREAKS - 1)].position <= start:
            up.read_offset = up.breaks[place & (BREAKS - 1)].offset
            place += 1
        if place < breaks and up.breaks[place & (BREAKS - 1)].position < stop:
            stop = up.breaks[place & (BREAKS - 1)].position
        store_u64(&up.breaks_read, place)
        n = <int>(stop - start)
        out = PyBytes_FromStringAndSize(NULL, 4 * n)
        pcm = <int16_t*>PyBytes_AS_STRING(out)
        first = RING - at if RING - at < n else n
        if up.shift:
            memcpy(pcm, &up.pcm[2 * at], 4 * first)
            memcpy(pcm + 2 * first, &up.pcm[0], 4 * (n - first))
        else:
            up2_process(&self.doubler, &up.pcm[at], pcm, first)
            up2_process(&self.doubler, &up.pcm[0], pcm + 2 * first, n - first)
        store_u64(&up.read, stop)
        return out

    @property
    def uplink_end(self):
        return <int64_t>self.leg.up.read + self.leg.up.read_offset

    def read_recording(self):
        cdef Recorder* recorder = self.leg.recorder
        cdef bytes out
        if recorder == NULL:
            return b""
        if not self.attached:
            recorder_finish(recorder)
        out = _read(recorder)
        if not out and self._last_stats is not None:
            self._free_recorder()
        return out

    def write(self, pcm, epoch):
        # Not a typed memoryview, whose set-up costs several times the copy.
        cdef Py_buffer view
        if epoch != load_u32(&self.leg.down.gate_epoch) or self.leg.down.pcm == NULL:
            return 0
        PyObject_GetBuffer(pcm, &view, PyBUF_SIMPLE)
        try:
            if view.len % 2:
                raise ValueError("S16LE PCM must have an even number of bytes")
            return self._write(<const int16_t*>view.buf, view.len // 2)
        finally:
            PyBuffer_Release(&view)

    cdef int _write(self, const int16_t* pcm, Py_ssize_t samples) noexcept:
        cdef Downlink* down = &self.leg.down
        cdef int ring = RING << down.shift
        cdef int room = ring - <int>(down.written - load_u64(&down.read))
        cdef int n = room if samples > room else <int>samples
        cdef int at = <int>(down.written & (ring - 1)), first
        first = ring - at if ring - at < n else n
        memcpy(&down.pcm[at], pcm, first * sizeof(int16_t))
        memcpy(&down.pcm[0], pcm + first, (n - first) * sizeof(int16_t))
        store_u64(&down.written, down.written + n)
        return n

    def want_room(self):
        store_u32(&self.leg.down.wanted, 1)
        return (RING << self.leg.down.shift) - (self.leg.down.written - load_u64(&self.leg.down.read))

    def mark(self, int64_t number):
        cdef Downlink* down = &self.leg.down
        cdef Mark* mark = &down.marks[down.marks_written & (MARKS - 1)]
        if down.marks_written - load_u64(&down.marks_read) == MARKS:
            return False
        mark.position = down.written
        mark.flushed = down.flush_to
        mark.number = number
        store_u64(&down.marks_written, down.marks_written + 1)
        return True

    def flush(self):
        store_u64(&self.leg.down.flush_to, self.leg.down.written)

    def open_gate(self, epoch):
        store_u32(&self.leg.down.open_epoch, epoch)

    def send_digit(self, int code, int duration_samples):
        cdef Downlink* down = &self.leg.down
        cdef Digit* digit = &down.digits[down.digits_written & (DIGITS - 1)]
        if down.digits_written - load_u64(&down.digits_read) == DIGITS:
            return False
        digit.code = code
        digit.duration = duration_samples
        store_u64(&down.digits_written, down.digits_written + 1)
        return True

    def capture(self, NativeCapture ring not None):
        if self._capture is not None:
            raise ValueError("the leg has its capture")
        self._capture = ring                  # lives as long as the leg
        store_u64(<uint64_t*>&self.leg.capture, <uint64_t>&ring.capture)

    @property
    def epoch(self):
        return load_u32(&self.leg.down.gate_epoch)

    @property
    def played(self):
        return load_u64(&self.leg.down.played) >> self.leg.down.shift

    @property
    def unplayed(self):
        cdef uint64_t read = load_u64(&self.leg.down.read), flush = self.leg.down.flush_to
        return (self.leg.down.written - (flush if flush > read else read)) >> self.leg.down.shift

    @property
    def timeline(self):
        return load_i64(&self.leg.timeline)

    @property
    def memory(self):
        cdef size_t wire = 0 if self.leg.wire == NULL else self.leg.wire.bytes
        return self._memory + wire + (0 if self._capture is None else self._capture.memory)

    @property
    def layout(self):
        cdef Leg* leg = self.leg
        cdef char* start = <char*>leg
        return {
            "leg": <size_t>start % LINE,
            "stats": <char*>&leg.stats - start,
            "up": <char*>&leg.up - start,
            "reorder": <char*>&leg.up.reorder - start,
            "uplink ring": <char*>leg.up.pcm - start,
            "down": <char*>&leg.down - start,
            "playout ring": <char*>leg.down.pcm - start,
            "wire": <size_t>leg.wire % LINE,
        }

    def report_figures(self):
        if self._last_reports is not None:
            return dict(self._last_reports)
        return dict(self.leg.reports.figures)

    def stats(self):
        if self._last_stats is not None:
            return dict(self._last_stats)
        figures = dict(self.leg.stats)
        figures.update(heard=self.leg.up.codec, heard_samples=self.leg.up.packet_samples)
        recorder = self.leg.recorder
        echo = self.leg.up.hearing.echo
        figures["echo_delay"] = None if echo == NULL or echo.found_delay < 0 else echo.found_delay
        figures["echo_return_loss_db"] = echo_return_loss_db(echo) if echo != NULL else None
        figures["echo_frames"] = echo.echo_frames if echo != NULL else 0
        figures["recording_late"] = recorder.late_samples >> recorder.shift if recorder != NULL else 0
        figures["recording_lost"] = recorder.lost_frames >> recorder.shift if recorder != NULL else 0
        return figures
