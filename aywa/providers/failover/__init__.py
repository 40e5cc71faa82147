"""Several providers as one: whoever uses it does not notice which of them has a bad day."""
