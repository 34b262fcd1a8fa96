"""Syndicator: describe a product once, keep it true on every channel."""

__version__ = "0.1.0"
