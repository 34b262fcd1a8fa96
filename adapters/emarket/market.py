"""The shape of a market file (``config/emarkets/<id>.yaml``). Every key is checked; an unknown one is refused.

Source: docs/channels/emarkets.md section 14, with three additions of ours: secrets are named after the account's
credentials (``secret: app_key``), limits on variants and parcels, and what an assisted market hands back.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from adapters.emarket.auth import Auth
from adapters.emarket.ordering import OrderPolling, Webhook
from adapters.emarket.sentences import SAYINGS
from adapters.limits import Grade, TextUnit
from schemas.product import OtopCategory


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as exc:
        raise ValueError(f"{pattern!r} is not a regular expression: {exc}") from exc
    return pattern


def _is_a_saying(name: str) -> str:
    if name not in SAYINGS:
        raise ValueError(f"{name!r} is no sentence; there are: {', '.join(sorted(SAYINGS))}")
    return name


Regex = Annotated[str, AfterValidator(_compiles)]
PositiveInt = Annotated[int, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MarketKind(StrEnum):
    """What a market truly offers; a file may not pretend to more."""

    API = "api"
    FEED = "feed"
    ASSISTED = "assisted"


class Capability(StrEnum):
    """What an API market can do. Those that are calls need an operation of the same name."""

    CREATE = "create"
    UPDATE = "update"
    PARTIAL_UPDATE = "partial_update"
    STOCK = "stock"
    PRICE = "price"
    HIDE = "hide"
    DELETE = "delete"
    GET_BY_SKU = "get_by_sku"
    LIST_CHANGED = "list_changed"
    ORDERS = "orders"
    WEBHOOK = "webhook"
    VARIANTS = "variants"
    MODERATION = "moderation"
    RESERVED_STOCK = "reserved_stock"


class OpName(StrEnum):
    """Operations by name."""

    CREATE = "create"
    UPDATE = "update"
    STOCK = "stock"
    PRICE = "price"
    HIDE = "hide"
    DELETE = "delete"
    GET_BY_SKU = "get_by_sku"
    LIST_CHANGED = "list_changed"
    ORDERS = "orders"
    ORDER_DETAIL = "order_detail"
    UPLOAD_IMAGE = "upload_image"
    POLL_IMAGE = "poll_image"
    CATEGORY_TREE = "category_tree"


class ErrorKind(StrEnum):
    """One vocabulary of failures for all markets. Source: docs/channels/emarkets.md section 12.

    ``transient`` proves that nothing was begun; a fault of which nobody can say that is ``unknown_outcome``.
    """

    THROTTLED = "throttled"
    QUOTA = "quota"
    TRANSIENT = "transient"
    UNKNOWN_OUTCOME = "unknown_outcome"
    AUTH_EXPIRED = "auth_expired"
    AUTH_REVOKED = "auth_revoked"
    RESTRICTED = "restricted"
    """The shop's standing: connecting again does not help by itself."""
    CLOCK = "clock"
    INVALID_CONTENT = "invalid_content"
    DUPLICATE = "duplicate"
    NOT_FOUND = "not_found"
    RESERVED_CONFLICT = "reserved_conflict"
    LOCKED = "locked"
    MODERATION = "moderation"
    ALREADY_DONE = "already_done"
    PERMANENT = "permanent"


class Envelope(_Part):
    """Where an answer says whether it worked; HTTP alone is not believed. Paths are dotted."""

    ok_path: str
    ok_values: tuple[str, ...]
    code_path: str
    message_path: str
    request_id_path: str | None = None
    failed_items_path: str | None = None
    summary_codes: tuple[str, ...] = ()
    """Codes that only say "read the rows": the first refused row then tells what was wrong."""
    item_code_path: str = "code"
    item_message_path: str = "message"


class Page(_Part):
    """How a list is read page by page."""

    style: Literal["none", "offset", "page", "cursor", "time_window"] = "none"
    size: PositiveInt = 50
    max_offset: PositiveInt | None = None
    max_window_s: PositiveInt | None = None


class Op(_Part):
    """One call. ``batch_max`` counts rows in one request."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: Annotated[str, Field(pattern=r"^/")]
    encoding: Literal["json", "form", "query"] = "json"
    batch_max: PositiveInt = 1
    partial_success: bool = False
    page: Page | None = None
    poll: OpName | None = None
    idempotency: Literal["none", "lookup_by_sku"] = "lookup_by_sku"


class TextLimit(_Part):
    """Length of a text in its unit, and characters the market refuses."""

    min: int = Field(default=0, ge=0)
    max: PositiveInt
    unit: TextUnit = TextUnit.CODE_POINTS
    html: Literal["strip"] = "strip"
    refused: str = ""


class Images(_Part):
    """How pictures get to the market and how they must be. Pixels of each side, bytes of a file."""

    supply: Literal["url", "migrate", "feed_url", "zip"]
    count_min: int = Field(default=1, ge=0)
    count_max: PositiveInt
    px_min: PositiveInt = 1
    px_max: PositiveInt | None = None
    bytes_max: PositiveInt
    formats: tuple[Literal["jpeg", "png"], ...]
    square: Literal["required", "server_crops", "any"] = "any"


class VariantLimits(_Part):
    """Rules about options and variants."""

    tiers_max: PositiveInt | None = None
    models_max: PositiveInt | None = None
    option_name_max: PositiveInt | None = None
    option_value_max: PositiveInt | None = None
    price_spread_below: Annotated[float, Field(gt=1)] | None = None
    """Highest price divided by lowest must stay below this."""


class ParcelLimits(_Part):
    """Largest parcel the market takes."""

    weight_max_g: PositiveInt | None = None
    sum_max_cm: PositiveInt | None = None
    """Length plus width plus height."""


class Feed(_Part):
    """How a file reaches the market and what it means."""

    transport: Literal["https_pull", "file"]
    """The market fetches it from its address, or a person takes it there."""
    format: Literal["csv", "tsv", "xlsx", "rss_xml"]
    encoding: Literal["utf-8", "utf-8-sig"] = "utf-8"
    min_interval_s: PositiveInt = 3600
    absent_row: Literal["keeps", "hides", "deletes"]
    ack: Literal["none", "report_file", "human"] = "none"
    max_drop_share: float = Field(default=0.3, gt=0, le=1)
    """A file with more than this share of rows fewer than the one before is not written."""
    link: str | None = None
    """Address of a product for feeds that want one; ``{sku}`` stands for the product code."""


class ErrorRule(_Part):
    """An answer that matches everything given here is of this kind; the first matching rule wins.

    ``says`` names a sentence of ``adapters.emarket.sentences`` where the code tells more than its kind.
    """

    http: int | None = None
    code: Regex | None = None
    message: Regex | None = None
    kind: ErrorKind
    says: Annotated[str, AfterValidator(_is_a_saying)] | None = None

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if self.http is None and self.code is None and self.message is None:
            raise ValueError("a rule needs http, code or message")
        return self


class SourcedRule(ErrorRule):
    """A rule of a rule file: where it is written, and how sure that is."""

    source: str
    grade: Grade


class ErrorFile(_Part):
    """The file ``errors/<name>.yaml``: the codes of one vendor, for every market that speaks like it."""

    schema_version: Literal[1]
    rules: tuple[SourcedRule, ...]


class Limits(_Part):
    """How fast the market may be asked; budgets belong to the core."""

    per_second: PositiveInt | None = None
    per_day: PositiveInt | None = None


class Paper(_Part):
    """A document or number that a person must have ready. Without ``field`` it is always on the list."""

    label_th: str
    field: Literal["fda_no", "tcps_no", "gtin", "parcel"] | None = None
    otop: tuple[OtopCategory, ...] = ()
    """Only for these groups; empty means all."""


class Handover(_Part):
    """What a person brings back from an assisted market."""

    code: Regex
    code_th: str
    """What the code is, for people: ``รหัสสินค้า 13 หลัก``."""
    permalink: str
    """Address of the listing; ``{code}`` stands for the code."""
    papers: tuple[Paper, ...] = ()


_CALLS = frozenset({Capability(name.value) for name in OpName if name.value in set(Capability)})


class Market(_Part):
    """One market."""

    schema_version: Literal[1]
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    label_th: str
    kind: MarketKind
    evidence: Literal["proved", "documented", "observed", "assumed"]
    base_url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    auth: Auth = Auth()
    envelope: Envelope | None = None
    limits: Limits = Limits()
    capabilities: frozenset[Capability] = frozenset()
    ops: Mapping[OpName, Op] = Field(default_factory=dict)
    feed: Feed | None = None
    title: TextLimit
    description: TextLimit
    images: Images
    variants: VariantLimits = VariantLimits()
    parcel: ParcelLimits = ParcelLimits()
    handover: Handover | None = None
    fields: str
    categories: str
    stock_max: PositiveInt | None = None
    lookup_settles_s: PositiveInt = 60
    """How long a search by code may not show a new product."""
    errors: tuple[ErrorRule, ...] = ()
    orders: OrderPolling = OrderPolling()
    webhook: Webhook | None = None
    error_files: tuple[str, ...] = ()
    """Files below ``errors/`` whose rules follow ``errors``: ``[errors/lazada.yaml]``."""

    @property
    def grade(self) -> Grade:
        """How sure we are of the numbers in the file."""
        return {"proved": Grade.PROVED, "documented": Grade.DOCUMENTED}.get(self.evidence, Grade.ASSUMED)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the credentials an account on this market needs."""
        signing, oauth = self.auth.signing, self.auth.oauth
        names = [key.secret for key in self.auth.keys]
        names += [signing.secret] if signing else []
        names += [oauth.carry.secret] if oauth else []
        names += ["refresh_token"] if oauth and oauth.grant == "refresh_token" else []
        names += self.webhook.signature.secrets if self.webhook else []
        return tuple(dict.fromkeys(names))

    @model_validator(mode="after")
    def _kind_has_what_it_needs(self) -> Self:
        if self.kind is MarketKind.API and (self.base_url is None or self.envelope is None):
            raise ValueError("kind api needs base_url and envelope")
        if self.kind is MarketKind.FEED and self.feed is None:
            raise ValueError("kind feed needs a feed block")
        if self.kind is MarketKind.ASSISTED and self.handover is None:
            raise ValueError("kind assisted needs a handover block")
        if self.kind is not MarketKind.API and (self.ops or self.capabilities):
            raise ValueError(f"kind {self.kind.value} has no ops and no capabilities")
        return self

    @model_validator(mode="after")
    def _capabilities_have_their_calls(self) -> Self:
        lacking = sorted(c.value for c in self.capabilities & _CALLS if OpName(c.value) not in self.ops)
        if lacking:
            raise ValueError(f"capabilities without an operation of that name: {', '.join(lacking)}")
        if Capability.CREATE in self.capabilities and Capability.GET_BY_SKU not in self.capabilities:
            raise ValueError("create needs get_by_sku: a create that timed out could not be verified")
        if self.images.supply == "migrate" and OpName.UPLOAD_IMAGE not in self.ops:
            raise ValueError("images supplied by migrate need the operation upload_image")
        return self

    @model_validator(mode="after")
    def _polls_exist(self) -> Self:
        for name, op in self.ops.items():
            if op.poll is not None and op.poll not in self.ops:
                raise ValueError(f"ops.{name.value}.poll names {op.poll.value}, which is not an operation")
        return self

    @model_validator(mode="after")
    def _lists_have_their_pages(self) -> Self:
        if Capability.ORDERS in self.capabilities:
            page = self.ops[OpName.ORDERS].page
            if page is None or page.style != "time_window":
                raise ValueError(
                    "ops.orders.page must be of the style time_window: orders are asked for by time"
                )
            if page.max_window_s is not None and page.max_window_s <= self.orders.overlap_s:
                raise ValueError(
                    "ops.orders.page.max_window_s must be above orders.overlap_s, or no poll gets on"
                )
        if Capability.LIST_CHANGED in self.capabilities:
            page = self.ops[OpName.LIST_CHANGED].page
            if page is None or page.style != "cursor":
                raise ValueError("ops.list_changed.page must be of the style cursor")
        return self

    @model_validator(mode="after")
    def _webhooks_can_be_followed(self) -> Self:
        if (Capability.WEBHOOK in self.capabilities) != (self.webhook is not None):
            raise ValueError("the capability webhook and the block webhook go together")
        if (
            self.webhook is not None
            and self.webhook.events.orders
            and Capability.ORDERS not in self.capabilities
        ):
            raise ValueError(
                "webhook.events.orders needs the capability orders: an event only says that one changed"
            )
        return self
