"""The composition root without HTTP: opens every long-lived part in order. Tests and benchmarks enter here.

Outermost first: database, engine, user agent, calls. Leaving goes the other way round and drains: the table
takes no more calls and its calls end, then the user agent says its goodbyes, then the engine stops, and the
store is the last to close.
"""

from aywa.runtime.opening import open_runtime
from aywa.runtime.runtime import Runtime

__all__ = ["Runtime", "open_runtime"]
