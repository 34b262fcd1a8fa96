"""What the error table means for a Page's posts beyond the class of an error."""

from adapters.errors import ChannelError
from adapters.meta_graph.errors import meaning_of
from adapters.meta_graph.meanings import Meaning


def is_missing(error: ChannelError) -> bool:
    """Say whether the channel answered that the object does not exist or may not be seen (100/33)."""
    return meaning_of(error) is Meaning.MISSING


def is_unreadable_picture(error: ChannelError) -> bool:
    """Say whether the channel could not fetch or decode a picture (324), which sending the bytes may mend."""
    return meaning_of(error) is Meaning.UNFETCHED
