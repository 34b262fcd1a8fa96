"""E-markets: one adapter, each market a YAML file in ``config/emarkets/``."""

from collections.abc import Mapping
from typing import Any, Final

from adapters.base import AdapterContext, ChannelAdapter, ChannelType
from adapters.emarket.account import MarketAccountSettings
from adapters.emarket.api_adapter import ApiMarketAdapter
from adapters.emarket.api_ports import api_adapter
from adapters.emarket.assisted_adapter import AssistedMarketAdapter
from adapters.emarket.budgets import budgets
from adapters.emarket.feed_adapter import FeedMarketAdapter
from adapters.emarket.loading import MarketFileInvalid, api_fields, load_market, market_ids
from adapters.emarket.mapping import KIND
from adapters.emarket.market import MarketKind
from adapters.emarket.webhooks import MarketWebhooks
from adapters.settings import EmarketSettings


def make_market_adapter(context: AdapterContext) -> ChannelAdapter:
    """Build the adapter for the market the account's settings name.

    Raises:
        MarketFileInvalid: The market file does not exist or is wrong.
        ValueError: The account's settings name no market, or lack what it needs.
    """
    account = MarketAccountSettings.model_validate(dict(context.account.settings))
    loaded = load_market(context.settings, account.market)
    match loaded.market.kind:
        case MarketKind.API:
            return api_adapter(context, loaded, api_fields(loaded))
        case MarketKind.FEED:
            return FeedMarketAdapter(context, loaded, link=account.link)
        case MarketKind.ASSISTED:
            return AssistedMarketAdapter(context, loaded)


def credential_names_of(settings: EmarketSettings, account_settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the secrets an account on its market needs; assisted markets need none.

    Raises:
        MarketFileInvalid: The market file does not exist or is wrong.
    """
    account = MarketAccountSettings.model_validate(dict(account_settings))
    return load_market(settings, account.market).market.secrets


def endpoint_of(account_settings: Mapping[str, Any]) -> str:
    """Return the market of an account: each fails, and counts, by itself.

    Raises:
        ValueError: The settings name no market.
    """
    return f"{KIND}/{MarketAccountSettings.model_validate(dict(account_settings)).market}"


EMARKET: Final = ChannelType(
    kind=KIND,
    label_th="ตลาดออนไลน์",
    label_en="E-market",
    credential_names=("app_key", "app_secret", "access_token", "refresh_token"),
    credential_names_for=credential_names_of,
    settings_key="emarket",
    endpoint_for=endpoint_of,
    budgets_for=budgets,
    make=make_market_adapter,
    webhooks=MarketWebhooks(),
    fallbacks_th=(
        "ตลาดที่ไม่มี API ระบบจะเตรียมชุดลงสินค้าให้ (ไฟล์ตาราง ข้อความ รูป รายการเอกสารที่ขาด) แล้วให้คุณลงเองและบันทึกรหัสที่ได้",
        "ตลาดที่ไม่มี API เมื่อแก้สินค้า ระบบจะแจ้งให้คุณไปแก้เองพร้อมชุดข้อมูลใหม่",
        "ตลาดที่อ่านไฟล์สินค้า ระบบจะเขียนไฟล์ให้เป็นรอบ การแก้ไขจึงขึ้นที่ตลาดช้ากว่าช่องทางอื่น ดูที่อยู่ของไฟล์ด้วย: syndicator feeds",
    ),
)

__all__ = [
    "EMARKET",
    "ApiMarketAdapter",
    "AssistedMarketAdapter",
    "FeedMarketAdapter",
    "MarketFileInvalid",
    "credential_names_of",
    "market_ids",
]
