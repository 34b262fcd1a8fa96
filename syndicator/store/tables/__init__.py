"""The tables; their names are the vocabulary. Changed only together with a migration (a test compares both)."""

from syndicator.store.tables.access import ApiKey, Audit, IdempotencyKey
from syndicator.store.tables.accounts import (
    Centre,
    ChannelAccount,
    ChannelBreaker,
    ChannelCalls,
    Notice,
    Seller,
)
from syndicator.store.tables.base import Base, table
from syndicator.store.tables.goods import Media, MediaUpload, Product, ProductMedia, Rendition, Variant
from syndicator.store.tables.jobs import Job, JobLine
from syndicator.store.tables.listings import Attempt, Drift, Listing
from syndicator.store.tables.operations import DeadLetter, Process, UnlistedAnswer
from syndicator.store.tables.orders import (
    ChannelOrder,
    ChannelOrderLine,
    InboundEvent,
    Oversell,
    RefusedWebhook,
)
from syndicator.store.tables.stock import StockLevel, StockMovement, StockPush
from syndicator.store.tables.webhooks import EventOut, WebhookDelivery, WebhookSubscription

__all__ = [
    "ApiKey",
    "Attempt",
    "Audit",
    "Base",
    "Centre",
    "ChannelAccount",
    "ChannelBreaker",
    "ChannelCalls",
    "ChannelOrder",
    "ChannelOrderLine",
    "DeadLetter",
    "Drift",
    "EventOut",
    "IdempotencyKey",
    "InboundEvent",
    "Job",
    "JobLine",
    "Listing",
    "Media",
    "MediaUpload",
    "Notice",
    "Oversell",
    "Process",
    "Product",
    "ProductMedia",
    "RefusedWebhook",
    "Rendition",
    "Seller",
    "StockLevel",
    "StockMovement",
    "StockPush",
    "UnlistedAnswer",
    "Variant",
    "WebhookDelivery",
    "WebhookSubscription",
    "table",
]
