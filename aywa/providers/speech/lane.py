"""One websocket to a voice, with the phrases that are being made on it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from enum import Enum
from math import inf

import trio

from aywa.errors import ProviderError, ProviderFault
from aywa.log import get_logger, places
from aywa.providers.speech.events import Audio, Ended, Failed, SpeechEvent, Words
from aywa.providers.speech.faults import voice_error
from aywa.providers.speech.phrase import Phrase
from aywa.providers.speech.wires import SocketWire
from aywa.providers.web.socket import ProviderSocket

QUEUED = 256  # messages that wait for the connection: of a phrase there are at most four
SEND_S = 5.0  # a vendor that does not take a message within this is not there
_log = get_logger("voices")


class LaneState(Enum):
    """Where a connection is."""

    OPENING = "opening"
    OPEN = "open"
    CLOSED = "closed"


class Lane:
    """Run it in a nursery; `begin` may be called at once, and what is said waits for the connection."""

    def __init__(
        self,
        wire: SocketWire,
        connect: Callable[[], AbstractAsyncContextManager[ProviderSocket]],
        idle_s: float,
    ) -> None:
        """`idle_s`: after so long without a phrase it closes itself."""
        self.state = LaneState.OPENING
        self.settled = trio.Event()  # it is open, or will never be
        self.begun = 0  # phrases since it was made
        self.error: ProviderError | None = None  # why it ended
        self._wire = wire
        self._connect = connect
        self._idle_s = idle_s
        self._session = wire.session()
        self._phrases: dict[str, Phrase] = {}
        self._scope = trio.CancelScope()
        self._out, self._queue = trio.open_memory_channel[list[str]](QUEUED)
        self._used = trio.current_time()
        self._woken = trio.Event()  # there is another phrase to look after

    @property
    def has_room(self) -> bool:
        """Whether a phrase can begin here."""
        if self.state is LaneState.CLOSED or (self._wire.single and self.begun):
            return False
        return self._session.room(trio.current_time())

    def begin(self, text: str, phrase: Phrase) -> str:
        """Have a phrase made; its name here. Raises ProviderError when the connection takes no more."""
        self.begun += 1
        context = f"p{self.begun}"
        self._say(self._session.begin(context, text, trio.current_time()))
        self._phrases[context] = phrase
        self._woken.set()
        return context

    def leave(self, context: str) -> None:
        """Nobody listens to this phrase any more. Nothing that still comes of it goes anywhere."""
        phrase = self._phrases.pop(context, None)
        self._used = trio.current_time()
        if phrase is None or self.state is LaneState.CLOSED:
            return
        if self._wire.single:
            self.close()
        else:
            self._say(self._session.cancel(context))

    def close(self) -> None:
        """End the connection."""
        self._scope.cancel()

    async def run(self) -> None:
        """Until the connection ends. A blast wall: whatever goes wrong on it stays on it."""
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._watch)
                    try:
                        await self._run()
                    except ProviderError as error:
                        self.error = error
                    nursery.cancel_scope.cancel()
        except Exception as error:  # noqa: BLE001  # the connection, not the process, ends with it
            _log.error("voice.lane", provider=self._wire.provider, places=places(error))
            self.error = voice_error(
                self._wire.provider, "The voice's answers could not be read", ProviderFault.PROTOCOL
            )
        finally:
            self._end()

    async def _run(self) -> None:
        async with self._connect() as socket:
            self._enter(LaneState.OPEN)
            self._used = trio.current_time()
            self.settled.set()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write, socket, nursery.cancel_scope)
                try:
                    await self._read(socket)
                except ProviderError as error:
                    self.error = self.error or error
                nursery.cancel_scope.cancel()
        if self.error is not None:
            raise self.error

    async def _watch(self) -> None:
        """Fail phrases that are silent for too long, while the connection is being opened and after it."""
        while True:
            self._woken = trio.Event()
            due = min((phrase.due for phrase in self._phrases.values()), default=inf)
            with trio.move_on_at(due):
                await self._woken.wait()
            now = trio.current_time()
            for phrase in self._phrases.values():
                phrase.check(now)

    async def _read(self, socket: ProviderSocket) -> None:
        session = self._session
        while True:
            for event in session.receive(await socket.receive()):
                self._take(event)
            if self._wire.single and self.begun and not self._phrases:
                return

    async def _write(self, socket: ProviderSocket, scope: trio.CancelScope) -> None:
        try:
            for message in self._session.hello():
                await socket.send(message)
            while True:
                messages: list[str] = []
                with trio.move_on_after(self._wire.keep_alive_s) as idle:
                    messages = await self._queue.receive()
                if idle.cancelled_caught:
                    if not self._phrases and trio.current_time() - self._used >= self._idle_s:
                        break
                    messages = self._session.keep_alive()
                with trio.move_on_after(SEND_S) as bound:
                    for message in messages:
                        await socket.send(message)
                if bound.cancelled_caught:
                    raise voice_error(
                        self._wire.provider, "The voice does not take what is said", ProviderFault.TIMEOUT
                    )
        except ProviderError as error:
            self.error = self.error or error
        scope.cancel()

    def _take(self, event: SpeechEvent) -> None:
        match event:
            case Audio(context, data):
                if (phrase := self._phrases.get(context)) is not None:
                    phrase.add(data)
            case Words(context, words):
                if (phrase := self._phrases.get(context)) is not None:
                    phrase.mark(words)
            case Ended(context):
                self._used = trio.current_time()
                if (phrase := self._phrases.pop(context, None)) is not None:
                    phrase.end()
            case Failed(None, error):
                raise error
            case Failed(context, error):
                if (phrase := self._phrases.pop(context or "", None)) is not None:
                    phrase.fail(error)

    def _say(self, messages: list[str]) -> None:
        if not messages:
            return
        try:
            self._out.send_nowait(messages)
        except (trio.WouldBlock, trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise voice_error(
                self._wire.provider, "The connection to the voice takes nothing more", ProviderFault.CLOSED
            ) from error

    def _end(self) -> None:
        self._enter(LaneState.CLOSED)
        error = self.error or voice_error(
            self._wire.provider, "The connection to the voice is closed", ProviderFault.CLOSED
        )
        for phrase in self._phrases.values():
            phrase.fail(error)
        self._phrases.clear()
        self.settled.set()

    def _enter(self, state: LaneState) -> None:
        self.state = state
