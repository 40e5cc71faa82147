"""The one way out to a URL that a user or a model named."""
