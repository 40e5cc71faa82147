"""The mixer behind bridge, conference, whisper and monitor.

Each member's audio waits in a jitter buffer, since it is played on a clock here; each 10 ms the room takes one
step from every buffer and gives each member the sum of those it hears. Nobody hears himself, whatever is asked.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int16_t, int32_t, int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from aywa._native.atomic cimport load_u32, store_u32
from aywa._native.comfort_noise cimport noise_fill
from aywa._native.jitter cimport jitter_init, jitter_pull, jitter_push
from aywa._native.pcm cimport mix_saturating
from aywa._native.resample cimport down2_init, down2_process, up2_init, up2_process

cdef enum:
    SLACK_STEPS = 2            # a ring that holds so many of its steps more than is taken has been late too often


cdef void _put(Channel* ring, const int16_t* pcm, int n) noexcept nogil:
    cdef int at = <int>(ring.written & (ROOM_RING - 1))
    cdef int first = ROOM_RING - at if ROOM_RING - at < n else n
    memcpy(&ring.pcm[at], pcm, first * sizeof(int16_t))
    memcpy(&ring.pcm[0], pcm + first, (n - first) * sizeof(int16_t))
    ring.written += n
    ring.step = n


cdef bint _get(Channel* ring, int16_t* pcm, int n) noexcept nogil:
    """n samples, or none while fewer are there: after that the two clocks run at one pace."""
    cdef int64_t available = <int64_t>(ring.written - ring.read), most
    cdef int at, first, larger = n if n > ring.step else ring.step
    if available < n:
        return False
    most = n + SLACK_STEPS * larger
    if available > (most if most < ROOM_RING else ROOM_RING):
        ring.read = ring.written - larger
    at = <int>(ring.read & (ROOM_RING - 1))
    first = ROOM_RING - at if ROOM_RING - at < n else n
    memcpy(pcm, &ring.pcm[at], first * sizeof(int16_t))
    memcpy(pcm + first, &ring.pcm[0], (n - first) * sizeof(int16_t))
    ring.read += n
    return True


cdef void _convert(Converter* converter, int source, int target, const int16_t* pcm, int16_t* out) noexcept nogil:
    """One step of 10 ms."""
    if source == target:
        memcpy(out, pcm, (source // 100) * sizeof(int16_t))
    elif source < target:
        up2_process(&converter.up, pcm, out, ROOM_STEP)
    else:
        down2_process(&converter.down, pcm, out, ROOM_STEP)


cdef void _converter_init(Converter* converter) noexcept nogil:
    up2_init(&converter.up)
    down2_init(&converter.down)


cdef void member_init(Member* member, int rate) noexcept nogil:
    memset(member, 0, sizeof(Member))
    member.rate = rate
    jitter_init(&member.jitter, rate)
    _converter_init(&member.voice_in)
    _converter_init(&member.assistant_in)
    _converter_init(&member.out)


cdef void member_voice(Member* member, int64_t position, const int16_t* pcm, int n, int64_t arrival) noexcept nogil:
    jitter_push(&member.jitter, position, pcm, n, arrival)
    if member.noisy == NOISE_ON:
        member.noisy = NOISE_ENDING


cdef void member_noise(Member* member, const ComfortNoise* noise) noexcept nogil:
    member.noisy = NOISE_OFF if noise == NULL else NOISE_ON
    if noise != NULL:
        member.noise = noise[0]


cdef void member_restart(Member* member) noexcept nogil:
    member.jitter.started = False
    member.noisy = NOISE_OFF


cdef void member_assistant(Member* member, const int16_t* pcm, int n) noexcept nogil:
    _put(&member.assistant, pcm, n)


cdef bint member_take(Member* member, int16_t* pcm, int n) noexcept nogil:
    cdef int16_t[ROOM_TAKE] frame
    if not _get(&member.mixed, frame, n):
        return False
    mix_saturating(pcm, frame, pcm, n)
    return member.hearing


cdef const int16_t* _voice(Member* member) noexcept nogil:
    """The next step of what comes from it; two at a time, since time is stretched by what fits into one pull."""
    cdef int n = member.rate // 100, real
    if member.staged == 0:
        real = jitter_pull(&member.jitter, member.stage, 2 * n)
        member.staged = 2 * n
        if member.noisy == NOISE_ENDING and real == 2 * n:
            member.noisy = NOISE_OFF
        if member.noisy != NOISE_OFF and real < 2 * n:
            # Made here and not pushed: it needs no delay, and speech need not wait for its end.
            noise_fill(&member.noise, member.stage + real, 2 * n - real)
    member.staged -= n
    return &member.stage[n - member.staged]


cdef void _mix(Room* room, int index, const int16_t* voices, const int16_t* assistants,
               uint32_t speaking, uint32_t said) noexcept nogil:
    """The sum for one member, in 32 bits, so that its order cannot be heard."""
    cdef Member* listener = room.members[index]
    cdef int32_t[ROOM_STEP_PCM] total
    cdef int16_t[ROOM_STEP_PCM] frame
    cdef int16_t[ROOM_STEP_PCM] out
    cdef int i, k, n = room.rate // 100
    cdef uint32_t others = ~(<uint32_t>1 << index)
    cdef uint32_t heard = load_u32(&listener.voices) & speaking & others
    cdef uint32_t told = load_u32(&listener.assistants) & said & others
    listener.hearing = heard | told
    memset(total, 0, sizeof(total))
    for i in range(ROOM_MEMBERS):
        if heard >> i & 1:
            for k in range(n):
                total[k] += voices[ROOM_STEP_PCM * i + k]
        if told >> i & 1:
            for k in range(n):
                total[k] += assistants[ROOM_STEP_PCM * i + k]
    for k in range(n):
        frame[k] = <int16_t>(32767 if total[k] > 32767 else -32768 if total[k] < -32768 else total[k])
    _convert(&listener.out, room.rate, listener.rate, frame, out)
    _put(&listener.mixed, out, listener.rate // 100)


cdef void room_tick(Room* room) noexcept nogil:
    cdef int16_t[ROOM_MEMBERS * ROOM_STEP_PCM] voices
    cdef int16_t[ROOM_MEMBERS * ROOM_STEP_PCM] assistants
    cdef int16_t[ROOM_STEP_PCM] step
    cdef uint32_t speaking = 0, said = 0
    cdef const int16_t* voice
    cdef Member* member
    cdef int i
    for i in range(ROOM_MEMBERS):
        member = room.members[i]
        if member == NULL:
            continue
        # Taken even if nobody listens: the buffer's clock goes on.
        voice = _voice(member)
        if not load_u32(&member.silenced):
            speaking |= <uint32_t>1 << i
            _convert(&member.voice_in, member.rate, room.rate, voice, &voices[ROOM_STEP_PCM * i])
        if _get(&member.assistant, step, member.rate // 100):
            said |= <uint32_t>1 << i
            _convert(&member.assistant_in, member.rate, room.rate, step, &assistants[ROOM_STEP_PCM * i])
    for i in range(ROOM_MEMBERS):
        if room.members[i] != NULL:
            _mix(room, i, voices, assistants, speaking, said)


cdef class NativeMember:
    def __cinit__(self, int rate):
        if rate not in (8000, 16000):
            raise ValueError("a leg has 8000 or 16000 samples a second")
        self.member = <Member*>calloc(1, sizeof(Member))
        if self.member == NULL:
            raise MemoryError("no memory for a member of a room")
        member_init(self.member, rate)

    def __dealloc__(self):
        # One that the engine still mixes is leaked rather than freed under its hands.
        if self.member != NULL and not load_u32(&self.member.present):
            free(self.member)

    cdef void release(self):
        """The engine is no more."""
        self.member.place = NULL
        store_u32(&self.member.present, 0)

    def hear(self, uint32_t voices, uint32_t assistants):
        store_u32(&self.member.voices, voices)
        store_u32(&self.member.assistants, assistants)

    def silence(self, bint silenced):
        store_u32(&self.member.silenced, silenced)

    @property
    def concealed(self):
        return self.member.jitter.concealed

    @property
    def present(self):
        return bool(load_u32(&self.member.present))


cdef class NativeRoom:
    def __cinit__(self, int rate):
        if rate not in (8000, 16000):
            raise ValueError("a room has 8000 or 16000 samples a second")
        self.room = <Room*>calloc(1, sizeof(Room))
        if self.room == NULL:
            raise MemoryError("no memory for a room")
        self.room.rate = rate
        self.seats = [None] * ROOM_MEMBERS

    def __dealloc__(self):
        if self.room != NULL and not load_u32(&self.room.attached):
            free(self.room)

    @property
    def attached(self):
        return bool(load_u32(&self.room.attached))

    cdef int vacancy(self) except -1:
        cdef int i
        for i in range(ROOM_MEMBERS):
            if self.seats[i] is None or not self.seats[i].present:
                return i
        raise ValueError("a room has eight members")

    cdef void close(self):
        """The engine has been told to let go of it and of its members."""
        self.leaving = True
        for member in self.seats:
            if member is not None:
                (<NativeMember>member).leaving = True

    cdef void release(self):
        """The engine is no more."""
        store_u32(&self.room.attached, 0)

    cdef Member* _member(self, int index) except NULL:
        if not 0 <= index < ROOM_MEMBERS or self.room.members[index] == NULL:
            raise IndexError("the room has no such member")
        return self.room.members[index]

    def seat(self, int index, NativeMember member):
        if load_u32(&self.room.attached):
            raise RuntimeError("the engine seats the members of a room that it mixes")
        if not 0 <= index < ROOM_MEMBERS:
            raise IndexError("a room has eight members")
        self.room.members[index] = member.member if member is not None else NULL

    def voice(self, int index, int64_t position, const unsigned char[::1] pcm, int64_t arrival):
        member_voice(self._member(index), position, <const int16_t*>&pcm[0], <int>(pcm.shape[0] // 2), arrival)

    def assistant(self, int index, const unsigned char[::1] pcm):
        cdef Member* member = self._member(index)
        if pcm.shape[0] > ROOM_RING:
            raise ValueError("at most 64 ms at once")
        member_assistant(member, <const int16_t*>&pcm[0], <int>(pcm.shape[0] // 2))

    def tick(self):
        room_tick(self.room)

    def take(self, int index, int n):
        cdef Member* member = self._member(index)
        if not 0 <= n <= ROOM_TAKE:
            raise ValueError("at most 1024 samples at once")
        out = PyBytes_FromStringAndSize(NULL, 2 * n)
        memset(PyBytes_AS_STRING(out), 0, 2 * n)
        if member.mixed.written - member.mixed.read < <uint64_t>n:
            return None
        member_take(member, <int16_t*>PyBytes_AS_STRING(out), n)
        return out
