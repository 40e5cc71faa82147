"""Live events inside one process."""
