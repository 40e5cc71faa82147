"""Resources of the API: what kinds there are, how a body becomes a row, and how a row is shown."""
