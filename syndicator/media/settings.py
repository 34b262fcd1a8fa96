"""The media group of the program's settings, under the name of the package that uses it."""

from adapters.settings import MediaSettings

__all__ = ["MediaSettings"]
