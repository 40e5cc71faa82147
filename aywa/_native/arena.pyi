"""Memory for legs, in huge pages; `ArenaBlock` is what tests drive it by."""

class ArenaBlock:
    """One zeroed block on the border of a cache line. Raises MemoryError for sizes out of range."""

    def __init__(self, size: int) -> None: ...
    def free(self) -> None:
        """Give it back; a second call does nothing."""

    def fill(self, value: int) -> None:
        """Every byte of it. Raises ValueError after `free`, as `content` does."""

    def content(self) -> bytes:
        """What is in it."""

    @property
    def address(self) -> int:
        """0 after `free`."""

def chunks() -> list[tuple[int, int, int, int]]:
    """The maps of 2 MiB that are in use: (address, bytes of a block, blocks, blocks taken)."""
