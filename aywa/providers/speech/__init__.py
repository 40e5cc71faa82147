"""What all voices of vendors have in common: from bytes on a wire to phrases with marks and deadlines."""
