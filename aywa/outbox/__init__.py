"""Sends what calls tell their servers: signed, again and again over three days, each server on its own."""
