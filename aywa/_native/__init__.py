"""Native code: the per-packet work and the engine thread, one extension a file, a .pyi beside each."""
