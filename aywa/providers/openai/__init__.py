"""OpenAI, and whoever speaks its protocols."""
