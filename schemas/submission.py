"""What another system sends over the broker: products of one seller, under a name of the sender's own."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints

from schemas.product import Schema
from schemas.product_document import ProductDocument

VERSION: Final = 1
"""The only version of the document so far."""
SELLER_CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
REFERENCE = r"^[A-Za-z0-9._:-]{1,200}$"

AccountName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]


class ListingSubmit(Schema):
    """The one argument of a ``listing.submit`` message, version 1.

    Attributes:
        schema_version: 1.
        seller: Code of a seller that is there already; a message makes none.
        reference: The sender's own name for this submission; sent again under it, nothing is done twice.
        accounts: Names of the channel accounts that new products are listed on; all of the seller's where it is left out.
        products: Products as in docs/api.md, prices in satang. One that is not sound is refused by itself.
    """

    schema_version: Literal[1]
    seller: Annotated[str, StringConstraints(pattern=SELLER_CODE)]
    reference: Annotated[str, StringConstraints(pattern=REFERENCE)]
    accounts: tuple[AccountName, ...] | None = Field(default=None, min_length=1, max_length=100)
    products: tuple[dict[str, Any], ...] = Field(min_length=1)


def published_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document as other systems are given it, its products described, too.

    The model itself leaves products unread, so that one that is not sound does not bring down the others.
    """
    product = ProductDocument.model_json_schema()
    parts = product.pop("$defs")
    schema = ListingSubmit.model_json_schema()
    schema["properties"]["products"]["items"] = {"$ref": "#/$defs/ProductDocument"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:syndicator:listing-submit:{VERSION}",
        **schema,
        "$defs": {**parts, "ProductDocument": product},
    }
