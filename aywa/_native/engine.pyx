"""The Python border of the engine: its thread's body, legs in and out, events, figures."""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from aywa._native.atomic cimport load_i64, load_u32, load_u64, store_u32, store_u64, swap_i64, swap_u32
from aywa._native.leg cimport NativeLeg
from aywa._native.legstate cimport *
from aywa._native.linux cimport clear_event, now_ns
from aywa._native.room cimport ROOM_MEMBERS, NativeMember, NativeRoom
from aywa._native.rooms cimport ROOM_SLOTS
from aywa._native.wheel cimport *
from aywa._native.wire cimport NativeWire, Wire, wire_free


cdef class NativeEngine:
    cdef Wheel* _wheel
    cdef uint32_t _capacity
    cdef list _legs             # by index; holds what the engine may touch
    cdef list _free
    cdef list _phase_load
    cdef uint64_t _configured   # wires handed to the engine
    cdef bint _running
    cdef list _rooms            # what the engine may touch, as with legs
    cdef list _members
    cdef list _slot_load        # rooms by slot

    def __cinit__(self, uint32_t max_legs):
        if not 1 <= max_legs <= 65536:
            raise ValueError("an engine carries 1 to 65536 legs")
        self._wheel = <Wheel*>calloc(1, sizeof(Wheel))
        if self._wheel == NULL or not wheel_init(self._wheel, max_legs):
            raise MemoryError("no memory or descriptors for the media engine")
        self._capacity = max_legs
        self._legs = [None] * max_legs
        self._free = list(range(max_legs - 1, -1, -1))
        self._phase_load = [0] * PHASES
        self._rooms = []
        self._members = []
        self._slot_load = [0] * ROOM_SLOTS

    def __dealloc__(self):
        if self._wheel != NULL and not self._running:
            wheel_free(self._wheel)
            free(self._wheel)

    def fileno(self):
        return self._wheel.event_fd

    def run(self):
        self._running = True
        with nogil:
            wheel_run(self._wheel)
        self._running = False

    def stop(self):
        store_u32(&self._wheel.stop, 1)

    def start_manual(self, int64_t now):
        wheel_start(self._wheel, now)

    def step(self, int64_t due, int64_t now):
        wheel_tick(self._wheel, due, now)

    def close(self):
        """After the thread has ended: let go of legs that were never removed."""
        cdef NativeLeg leg
        if self._running:
            raise RuntimeError("the engine thread still runs")
        wheel_obey(self._wheel)               # commands that came too late for it
        self._take_removed()
        self._free_replaced()
        for entry in self._legs:
            if entry is not None:
                leg = entry
                leg.attached = False
        self._legs = []
        for room in self._rooms:
            (<NativeRoom>room).release()
        for member in self._members:
            (<NativeMember>member).release()

    cdef int _command(self, int kind, NativeLeg leg, NativeWire wire=None, NativeRoom room=None,
                      NativeMember member=None) except -1:
        cdef Wheel* w = self._wheel
        cdef Command* command = &w.commands[w.commands_written & (COMMANDS - 1)]
        if w.commands_written - load_u64(&w.commands_read) == COMMANDS:
            raise BlockingIOError("the media engine does not take commands: its thread is stalled")
        command.kind = kind
        command.leg = leg.leg if leg is not None else NULL
        command.wire = wire.release() if wire is not None else NULL
        command.room = room.room if room is not None else NULL
        command.member = member.member if member is not None else NULL
        store_u64(&w.commands_written, w.commands_written + 1)
        return 0

    def add(self, NativeLeg leg):
        if leg.attached:
            raise ValueError("the leg is in an engine already")
        if not self._free:
            raise BlockingIOError("the media engine is full")
        index = self._free.pop()
        phase = self._phase_load.index(min(self._phase_load))
        leg.leg.index = index
        leg.leg.phase = phase
        leg.leg.outbox = &self._wheel.outbox
        try:
            self._command(COMMAND_ADD, leg)
        except BlockingIOError:
            self._free.append(index)
            raise
        leg.attached = True
        leg.leaving = False
        self._legs[index] = leg
        self._phase_load[phase] += 1
        return index

    def remove(self, NativeLeg leg):
        self._command(COMMAND_REMOVE, leg)
        leg.leaving = True

    def configure(self, NativeLeg leg, NativeWire wire not None):
        if wire._wire == NULL or wire._wire.rate_shift != leg.leg.up.shift:
            raise ValueError("the format was made for another leg")
        if leg.leaving:
            return                            # nothing of it will be sent
        if not leg.attached:
            leg._replace_wire(wire)
            return
        self._free_replaced()
        if self._configured - self._wheel.replaced_read == COMMANDS:
            raise BlockingIOError("the media engine does not take commands: its thread is stalled")
        self._command(COMMAND_CONFIGURE, leg, wire)
        self._configured += 1

    def add_room(self, NativeRoom room not None):
        if room.attached:
            raise ValueError("the room is in an engine already")
        room.room.slot = self._slot_load.index(min(self._slot_load))
        self._command(COMMAND_ADD_ROOM, None, None, room)
        store_u32(&room.room.attached, 1)
        self._slot_load[room.room.slot] += 1
        self._rooms.append(room)

    def remove_room(self, NativeRoom room not None):
        if room.leaving or room not in self._rooms:
            return
        self._command(COMMAND_REMOVE_ROOM, None, None, room)
        room.close()
        self._slot_load[room.room.slot] -= 1

    def join(self, NativeLeg leg not None, NativeRoom room not None, NativeMember member not None):
        if not leg.attached or leg.leaving or not room.attached or room.leaving:
            raise ValueError("the leg or the room is over")
        if member.present or member.member.rate != 8000 << leg.leg.up.shift:
            raise ValueError("the member is seated, or made for a leg of another rate")
        if leg.member is not None and leg.member.present:
            raise ValueError("the leg is in a room already")
        self._forget()
        seat = room.vacancy()
        leg.make_mixing()
        member.member.room = room.room
        member.member.seat = seat
        self._command(COMMAND_JOIN, leg, None, None, member)
        store_u32(&member.member.present, 1)
        member.leaving = False
        room.seats[seat] = leg.member = member
        self._members.append(member)
        return seat

    def leave(self, NativeMember member not None):
        if member.leaving or not member.present:
            return
        self._command(COMMAND_LEAVE, None, None, None, member)
        member.leaving = True

    cdef void _forget(self):
        """Let go of rooms and members that the engine let go of."""
        self._rooms = [room for room in self._rooms if room.attached]
        self._members = [member for member in self._members if member.present]

    cdef void _free_replaced(self):
        cdef Wheel* w = self._wheel
        while w.replaced_read < load_u64(&w.replaced_written):
            wire_free(w.replaced[w.replaced_read & (COMMANDS - 1)])
            w.replaced_read += 1

    cdef NativeLeg _next_ready(self):
        """The next leg that has something for Python, or None."""
        cdef Outbox* box = &self._wheel.outbox
        cdef uint32_t index
        while box.taken < load_u64(&box.written):
            index = box.legs[box.taken & box.mask]
            box.taken += 1
            if self._legs[index] is not None:
                leg = <NativeLeg>self._legs[index]
                swap_u32(&leg.leg.queued, 0)
                return leg
        return None

    cdef list _take_events(self, Leg* leg):
        cdef uint64_t read = leg.events_read, written = load_u64(&leg.events_written)
        cdef Event* event
        cdef list events = []
        while read < written:
            event = &leg.events[read & (EVENTS - 1)]
            events.append((event.kind, event.a, event.b, event.c))
            read += 1
        store_u64(&leg.events_read, read)
        return events

    cdef list _take_removed(self):
        cdef Wheel* w = self._wheel
        cdef NativeLeg leg
        cdef list removed = []
        cdef uint32_t index
        self._free_replaced()
        while w.removed_read < load_u64(&w.removed_written):
            index = w.removed[w.removed_read & w.outbox.mask]
            w.removed_read += 1
            leg = self._legs[index]
            leg.attached = False
            self._legs[index] = None
            self._free.append(index)
            self._phase_load[leg.leg.phase] -= 1
            removed.append(index)
        return removed

    cdef double _begin(self):
        """Take the wake-up; returns for how long it has waited, in seconds."""
        cdef int64_t since
        clear_event(self._wheel.event_fd)
        since = swap_i64(&self._wheel.notified_ns, 0)
        return (now_ns() - since) * 1e-9 if since else 0.0

    def poll(self):
        cdef double waited_s = self._begin()
        cdef list ready = []
        cdef NativeLeg leg = self._next_ready()
        while leg is not None:
            flags = swap_u32(&leg.leg.flags, 0)
            ready.append((leg.leg.index, flags, self._take_events(leg.leg)))
            leg = self._next_ready()
        return ready, self._take_removed(), waited_s

    def dispatch(self):
        cdef double waited_s = self._begin()
        cdef list woken = [], special = []
        cdef uint32_t flags
        cdef NativeLeg leg = self._next_ready()
        while leg is not None:
            flags = swap_u32(&leg.leg.flags, 0)
            if flags & ~FLAG_PCM_READY or leg.leg.events_read != load_u64(&leg.leg.events_written):
                special.append((leg.leg.index, flags, self._take_events(leg.leg)))
            elif flags:
                # Three wake-ups of four: all of it without a Python frame.
                leg.raise_flags(flags)
                if leg.waiter is not None:
                    woken.append(leg.waiter)
                    leg.waiter = None
            leg = self._next_ready()
        return woken, special, self._take_removed(), waited_s

    def figures(self):
        cdef Wheel* w = self._wheel
        cdef int64_t since = load_i64(&w.notified_ns)
        cdef int i
        return {
            "legs": self._capacity - len(self._free),
            "formats": self._configured - w.replaced_read,
            "busy_ratio": load_u32(&w.busy_ppm) / 1e6,
            "ticks": w.ticks,
            "skipped": w.skipped,
            "lateness": [w.lateness[i] for i in range(LATENESS_CLASSES)],
            "waiting_s": (now_ns() - since) * 1e-9 if since else 0.0,
        }
