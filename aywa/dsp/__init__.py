"""PCM in, PCM out: stateful, no clock."""
