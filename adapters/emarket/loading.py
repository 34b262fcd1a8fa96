"""Market files -> checked values. One clear error names the file, the key and what is allowed."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from adapters.config_files import config_dir
from adapters.emarket.fields import ApiFields, FieldFile
from adapters.emarket.market import Capability, ErrorFile, Market, MarketKind, OpName
from adapters.settings import EmarketSettings

_M = TypeVar("_M", bound=BaseModel)


class MarketFileInvalid(ValueError):
    """A market file cannot be used; the message names the file, the key and what is allowed there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedMarket:
    """A market with its field names and its category table (our code -> the market's)."""

    market: Market
    fields: FieldFile
    categories: Mapping[str, str]


def market_dir(settings: EmarketSettings) -> Path:
    """Return the folder of market files: the one in the settings, else the one shipped."""
    return settings.dir if settings.dir is not None else config_dir() / "emarkets"


def market_ids(settings: EmarketSettings) -> tuple[str, ...]:
    """List the ids of the markets there are files for."""
    return tuple(sorted(path.stem for path in market_dir(settings).glob("*.yaml")))


def load_market(settings: EmarketSettings, market_id: str) -> LoadedMarket:
    """Load one market with its two side files; repeated loads of unchanged files cost nothing.

    Raises:
        MarketFileInvalid: The market does not exist, or one of its files is wrong.
    """
    known = market_ids(settings)
    if market_id not in known:
        raise MarketFileInvalid(
            f"there is no market {market_id!r} in {market_dir(settings)}; there are: {', '.join(known) or 'none'}"
        )
    path = market_dir(settings) / f"{market_id}.yaml"
    market = _load(path, Market)
    if market.id != market_id:
        raise MarketFileInvalid(f"{path}: id is {market.id!r}, but the file name says {market_id!r}")
    if market.error_files:
        more = [_load(path.parent / name, ErrorFile).rules for name in market.error_files]
        market = market.model_copy(
            update={"errors": (*market.errors, *(rule for rules in more for rule in rules))}
        )
    fields_path = path.parent / market.fields
    fields = _load(fields_path, FieldFile)
    if market.kind is not MarketKind.API and not fields.columns:
        raise MarketFileInvalid(f"{fields_path}: kind {market.kind.value} needs the key 'columns'")
    if market.kind is MarketKind.API and fields.api is not None:
        lacking = _lacking(market, fields.api)
        if lacking:
            raise MarketFileInvalid(
                f"{fields_path}: the capabilities of {market.id} need {', '.join(lacking)}"
            )
    categories = path.parent / market.categories
    return LoadedMarket(
        market=market, fields=fields, categories=_read_categories(categories, _stamp(categories))
    )


def _lacking(market: Market, fields: ApiFields) -> list[str]:
    """Name the keys of the field file without which a declared capability could not be carried out."""
    reads, can = fields.reads, market.capabilities
    needed = (
        (Capability.ORDERS, "api.orders", fields.orders),
        (Capability.LIST_CHANGED, "api.reads.next_cursor", reads.next_cursor),
        (Capability.RESERVED_STOCK, "api.reads.variant_held", reads.variant_held),
        (Capability.RESERVED_STOCK, "api.reads.stock_rows", reads.stock_rows),
    )
    lacking = [key for capability, key, value in needed if capability in can and not value]
    detail = None if fields.orders is None else fields.orders.detail
    if (detail is None) != (OpName.ORDER_DETAIL not in market.ops):
        lacking.append("api.orders.detail together with the operation order_detail")
    return lacking


def api_fields(loaded: LoadedMarket) -> ApiFields:
    """Return the field names of an API market.

    Raises:
        MarketFileInvalid: Its field file has none.
    """
    if loaded.fields.api is None:
        raise MarketFileInvalid(
            f"{loaded.market.fields}: market {loaded.market.id} of kind api needs the key 'api'"
        )
    return loaded.fields.api


def _load(path: Path, model: type[_M]) -> _M:
    # The cache cannot carry the type variable, so the type is asserted here; the model itself made the value.
    loaded = _parse(path, _stamp(path), model)
    assert isinstance(loaded, model)  # noqa: S101 - narrows the type only
    return loaded


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as exc:
        raise MarketFileInvalid(f"{path} cannot be read: {exc.strerror}") from exc
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=256)
def _parse(path: Path, stamp: tuple[int, int], model: type[BaseModel]) -> BaseModel:
    del stamp  # Part of the cache key only: an edited file is read again.
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise MarketFileInvalid(f"{path} is not a readable YAML file: {exc}") from exc
    try:
        checked = model.model_validate(raw)
    except ValidationError as exc:
        lines = "; ".join(_explain(error, model) for error in exc.errors())
        raise MarketFileInvalid(f"{path}: {lines}") from exc
    return checked


def _explain(error: ErrorDetails, model: type[BaseModel]) -> str:
    where = ".".join(str(step) for step in error["loc"]) or "the file"
    if error["type"] != "extra_forbidden":
        return f"{where}: {error['msg']}"
    owner = _model_at(model, error["loc"][:-1])
    allowed = f"; allowed are: {', '.join(owner.model_fields)}" if owner is not None else ""
    return f"unknown key {where}{allowed}"


def _model_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel] | None:
    """Find the model an error location stands in, so that its keys can be listed."""
    found: type[BaseModel] | None = model
    for step in loc:
        field = None if found is None else found.model_fields.get(str(step))
        # A step that is no field is the key or number of an entry in a mapping or list of the model found before.
        if field is not None:
            found = _inner_model(field.annotation)
    return found


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_inner_model(argument) for argument in get_args(annotation))
    return next((model for model in found if model is not None), None)


@lru_cache(maxsize=256)
def _read_categories(path: Path, stamp: tuple[int, int]) -> Mapping[str, str]:
    del stamp  # Part of the cache key only.
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        wanted = {"category_code", "market_category"}
        if not wanted <= set(reader.fieldnames or ()):
            raise MarketFileInvalid(f"{path}: needs the columns {', '.join(sorted(wanted))}")
        return {row["category_code"]: row["market_category"] for row in reader if row["market_category"]}
