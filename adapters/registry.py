"""Kind of channel -> how it is made. The only list of channels there is."""

from adapters.base import ChannelType
from adapters.emarket import EMARKET
from adapters.facebook_page import FACEBOOK_PAGE
from adapters.instagram import INSTAGRAM
from adapters.line_shop import LINE_SHOP
from schemas.ids import ChannelKind

CHANNELS: dict[ChannelKind, ChannelType] = {
    channel.kind: channel for channel in (FACEBOOK_PAGE, INSTAGRAM, LINE_SHOP, EMARKET)
}
