"""The in-process event stream."""
