"""The nouns of the API and the formats they are written in."""
