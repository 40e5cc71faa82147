"""The engine's socket work without the engine."""

class Floor:
    """The engine's sends and receives without anything between them."""

    def __init__(self, fds: list[int], ports: list[int]) -> None: ...
    def run(self) -> None:
        """The body of a thread: returns after `stop`."""
    def stop(self) -> None: ...
