"""Who may be called and how much of it, as pure machines: numbers, ranges, counts. Fail closed."""
