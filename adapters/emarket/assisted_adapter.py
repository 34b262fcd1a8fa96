import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from adapters.base import Capabilities, Fallback, Pack, StockMode
from adapters.emarket.market import Handover
from adapters.emarket.no_calls import MarketWithoutCalls
from adapters.emarket.pack import build_pack
from adapters.errors import Rejected, Transient
from schemas.channel import Part, Verb
from schemas.ids import ExternalId, Sku
from schemas.listing import Marker, Offer, Pending, Receipt, Rendition
from schemas.problem import Problem
from schemas.product import Product

_LOOK_AGAIN: Final = timedelta(days=1)


class AssistedMarketAdapter(MarketWithoutCalls):
    """A market without an API: we prepare a checked pack, a person enters it and brings the code back."""

    @property
    def capabilities(self) -> Capabilities:
        """Publish through a person; every later change asks one."""
        return Capabilities(
            verbs=frozenset({Verb.PUBLISH}),
            fallbacks=dict.fromkeys(Part, Fallback.ASK),
            # A person enters the figure, but is not asked again for every unit that is sold elsewhere.
            stock=StockMode.IN_OUT,
            picture=self._picture,
            max_pictures=self._max_pictures,
            max_text=self._max_text,
            option_levels=self.market.variants.tiers_max,
            visible_steps=False,
        )

    def render(self, product: Product, offers: Mapping[Sku, Offer], *, marker: Marker) -> Rendition:
        """Make the payload; only selling out and coming back make a difference to the stock's fingerprint."""
        return self._comparing_stock(super().render(product, offers, marker=marker), StockMode.IN_OUT)

    def publish(self, rendition: Rendition) -> Receipt | Pending:
        """Say that a person is needed; ``pack`` makes what the person gets."""
        return Pending(
            progress={"pack": self._pack_name(rendition), "fingerprint": rendition.fingerprint},
            check_after=_LOOK_AGAIN,
            needs_person=True,
            problems=(self._what_to_do(),),
        )

    def resume(self, rendition: Rendition, pending: Pending) -> Receipt | Pending:
        """Take the code the person brought back (``progress["code"]``); without one, keep waiting.

        Raises:
            Rejected: The code does not have the market's form.
        """
        code = pending.progress.get("code")
        if code is None:
            return self.publish(rendition)
        handover = self._handover()
        cleaned = str(code).strip()
        if not re.fullmatch(handover.code, cleaned, re.ASCII):
            raise Rejected([_wrong_code(handover, cleaned)])
        return Receipt(external_id=ExternalId(cleaned), permalink=handover.permalink.format(code=cleaned))

    def pack(self, rendition: Rendition) -> Pack:
        """Build the ZIP a person works from.

        Raises:
            Transient: A picture is not stored yet.
        """
        try:
            return build_pack(rendition, self._loaded, self._context.templates, self._context.pictures.read)
        except FileNotFoundError as exc:
            raise Transient(f"picture {exc.args[0] if exc.args else ''} is not stored yet") from exc

    def _pack_name(self, rendition: Rendition) -> str:
        return f"{self.market.id}-{rendition.body['sku']}.zip"

    def _what_to_do(self) -> Problem:
        code_th = self._handover().code_th
        return Problem(
            path="",
            code="enter_by_hand",
            th=f"{self.market.label_th}ต้องลงสินค้าเอง กรุณาดาวน์โหลดชุดลงสินค้า ทำตามขั้นตอนในชุด แล้วนำ{code_th}ที่ได้มาบันทึก",
            en="This market is entered by hand: download the pack, follow its steps, and record the code you get.",
        )

    def _handover(self) -> Handover:
        handover = self.market.handover
        # The market file was refused when it was loaded unless an assisted market has one.
        assert handover is not None  # noqa: S101 - narrows the type only
        return handover


def _wrong_code(handover: Handover, code: str) -> Problem:
    return Problem(
        path="code",
        code="listing_code_format",
        th=f"“{code[:40]}” ไม่ใช่{handover.code_th} กรุณาตรวจแล้วใส่ใหม่",
        en=f"{code[:40]!r} is not a code of this market (expected form {handover.code}); check it and enter it again.",
    )
