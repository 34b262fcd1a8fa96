"""What a market file declares, as verbs and parts."""

from adapters.emarket.market import Capability, Market
from schemas.channel import Part, Verb


def editable_parts(market: Market) -> frozenset[Part]:
    """Return the parts that can be changed in place."""
    can = market.capabilities
    parts = {Part.TEXT, Part.DETAILS, Part.PICTURES} if Capability.UPDATE in can else set()
    parts |= {Part.PRICE} if Capability.PRICE in can else set()
    parts |= {Part.STOCK} if Capability.STOCK in can else set()
    return frozenset(parts)


def verbs_of(market: Market) -> frozenset[Verb]:
    """Return what can be done with a listing."""
    can = market.capabilities
    verbs = {Verb.PUBLISH, Verb.FETCH, Verb.FIND} if Capability.CREATE in can else {Verb.FETCH, Verb.FIND}
    verbs |= {Verb.UPDATE} if editable_parts(market) else set()
    verbs |= {Verb.SET_STOCK} if Capability.STOCK in can else set()
    verbs |= {Verb.WITHDRAW} if can & {Capability.HIDE, Capability.DELETE} else set()
    return frozenset(verbs)
