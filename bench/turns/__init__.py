"""Conversation quality: callers that pause, interrupt, cough and echo, against the whole runtime."""
