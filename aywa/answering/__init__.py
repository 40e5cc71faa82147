"""Who or what has answered a call that we placed, and what follows from it: pure machines."""
