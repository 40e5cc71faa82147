"""A client of the Model Context Protocol."""
