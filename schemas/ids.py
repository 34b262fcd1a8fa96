"""Identifiers, each a type of its own, so that a listing id is never passed where a product id is meant."""

from typing import NewType

CentreId = NewType("CentreId", int)
SellerId = NewType("SellerId", int)
AccountId = NewType("AccountId", int)
ProductId = NewType("ProductId", int)
VariantId = NewType("VariantId", int)
ListingId = NewType("ListingId", int)
OrderId = NewType("OrderId", int)
OrderLineId = NewType("OrderLineId", int)
MediaId = NewType("MediaId", int)
AttemptId = NewType("AttemptId", int)
ApiKeyId = NewType("ApiKeyId", int)
JobId = NewType("JobId", int)
SubscriptionId = NewType("SubscriptionId", int)
DeliveryId = NewType("DeliveryId", int)
LeaseToken = NewType("LeaseToken", str)
"""Random text that names one lease; an outcome is recorded only by the holder of the current one."""
ChannelKind = NewType("ChannelKind", str)
"""The kind of a channel, as registered in ``adapters.registry``; the core never compares it with a literal."""
ExternalId = NewType("ExternalId", str)
"""The channel's own id of a listing. Always text: 17-digit ids overflow a JSON number."""
Sku = NewType("Sku", str)
Sha256 = NewType("Sha256", str)
"""64 lower-case hex digits; the identity of a source picture."""
PictureKey = NewType("PictureKey", str)
"""Storage key of a sized picture: derived from the source's SHA-256 and the spec, so it never changes meaning."""
