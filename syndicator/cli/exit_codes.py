"""Exit codes of every command."""

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit code means."""

    OK = 0
    FAULT = 1
    """A fault of the program; a traceback was printed."""
    USAGE = 2
    """The command line or a setting was wrong."""
    BAD_INPUT = 3
    """A file, rows of a file, photos or a value were refused; the rest was taken where it could be."""
    UNREACHABLE = 4
    """PostgreSQL, Redis, a port, the disk or one of our own processes is not usable."""
    CHANNEL = 5
    """A channel refused an account, or an account needs reconnecting."""
    UNFINISHED = 6
    """Work is still on its way; it goes on by itself and the command can be repeated."""
