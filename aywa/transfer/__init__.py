"""Handing a call to a human, decided by one pure machine that time is told to."""
