"""Calls to addresses that somebody typed, without being led into our own network."""
