"""What the upper floors promise each other: Protocols and event dataclasses, no behaviour.

`aywa.call` drives these; `aywa.providers`, `aywa.scenarios`, `aywa.store` and `aywa.artifacts` implement
them; and only `aywa.runtime` knows which implementation meets which caller.
"""
