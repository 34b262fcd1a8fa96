"""The shipped channels as the kit sees them: their accounts at a running sandbox."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Final

from adapters.base import AdapterContext, ChannelAdapter, PictureHost
from adapters.errors import AuthExpired, OutcomeUnknown, Rejected, Throttled, Transient
from adapters.http import make_client
from adapters.registry import CHANNELS
from adapters.settings import EmarketSettings, HttpSettings, LineSettings, MetaSettings
from adapters.templates import JinjaTemplates
from adapters.testing.kit.channel import (
    AdapterUnderTest,
    ErrorCase,
    KitClock,
    ObservedChannel,
    OrderingChannel,
    Shown,
    SimulatedChannel,
)
from adapters.testing.kit.pictures import MadePictures
from adapters.testing.sandbox import SandboxServer
from adapters.testing.sandbox.accounts import (
    EMARKET,
    FACEBOOK_PAGE,
    INSTAGRAM,
    LINE_SHOP,
    SandboxAccount,
    sandbox_accounts,
)
from adapters.testing.sandbox.deeds import Changes, OrderAct
from adapters.testing.sandbox.faults import Effect, Error, Fault
from adapters.testing.sandbox.line.order_show import buyer_words
from adapters.testing.sandbox.market.order_reading import buyer_words as market_buyer_words
from adapters.testing.sandbox.sandbox import Sandbox
from adapters.testing.sandbox.summary import Listing
from adapters.testing.sandbox_environment import write_market_files
from schemas.channel import ChannelAccount, Credentials, Part
from schemas.ids import AccountId, ChannelKind, ExternalId, SellerId, Sku

PLANTED_APP_SECRET: Final = "planted-app-secret"  # noqa: S105 - looked for by the kit, opens nothing


class SandboxChannel(SimulatedChannel):
    """One account at a sandbox that is running and empty.

    Args:
        server: The sandbox.
        pictures: Where it fetches pictures.
        folder: An empty folder the channel may write to.
    """

    kind: ClassVar[ChannelKind]
    account_settings: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, server: SandboxServer, pictures: PictureHost, folder: Path) -> None:
        offset = server.control.run(lambda sandbox: sandbox.clock.offset_s)
        super().__init__(KitClock(timedelta(seconds=offset)))
        self._server = server
        self._pictures = pictures
        self._folder = folder
        self.http = make_client(HttpSettings(), observer=self.records.append)
        self.reset()

    @property
    def account(self) -> SandboxAccount:
        """The account under test."""
        return next(account for account in sandbox_accounts() if account.kind == self.kind)

    @property
    def secrets(self) -> Sequence[str]:
        """The account's credentials."""
        return list(self.account.credentials.values())

    @abstractmethod
    def settings(self) -> Any:
        """Return the settings group of the channel, pointed at the sandbox."""

    def connect(self) -> ChannelAdapter:
        """Make a new adapter."""
        account = self.account
        return CHANNELS[self.kind].make(
            AdapterContext(
                account=ChannelAccount(
                    id=AccountId(1),
                    seller_id=SellerId(1),
                    kind=account.kind,
                    name=account.name,
                    external_id=account.external_id,
                    settings=account.settings | dict(self.account_settings),
                ),
                credentials=Credentials(dict(account.credentials)),
                http=self.http,
                clock=self.clock,
                pictures=self._pictures,
                templates=JinjaTemplates(),
                settings=self.settings(),
            )
        )

    def shown(self) -> Sequence[Shown]:
        """Return every listing of the account."""
        found = self._server.control.listings(self.kind, self.account.external_id)
        return [self._as_shown(listing) for listing in found]

    def _as_shown(self, listing: Listing) -> Shown:
        return Shown(
            external_id=listing.id,
            visible=listing.visible,
            text=listing.text,
            prices=listing.prices,
            stock=listing.stock,
            pictures=listing.pictures,
            comments=listing.comments,
            details=self._server.control.run(lambda sandbox: self.details(sandbox, listing.id)),
        )

    def details(self, _sandbox: Sandbox, _external_id: str) -> Any:
        """Return what else the channel keeps of a listing."""
        return None

    def order(self, effect: Effect, *, nth: int = 1, writes_only: bool = False) -> None:
        """Order a fault of one call."""
        self._server.control.add_fault(Fault(effect=effect, nth=nth, mutating=True if writes_only else None))

    def order_always(self, effect: Effect) -> None:
        """Order a fault of every call."""
        self._server.control.add_fault(Fault(effect=effect))

    def lag(self, by: timedelta) -> None:
        """Let lists and searches lag."""
        self._server.control.lag(by.total_seconds())

    def calm(self) -> None:
        """Withdraw every order."""
        self._server.control.clear_faults()

    def reset(self) -> None:
        """Empty the sandbox."""
        self._server.control.reset()
        self.lag(timedelta(0))

    def advance(self, by: timedelta) -> None:
        """Let time pass here and there."""
        super().advance(by)
        self._server.control.advance(by.total_seconds())

    def remove(self, external_id: ExternalId) -> None:
        """Delete a listing in the channel's own pages."""
        self._server.control.run(lambda sandbox: self.delete(sandbox, external_id))

    @abstractmethod
    def delete(self, sandbox: Sandbox, external_id: str) -> None:
        """Take a listing out of the channel's state."""

    def buy(self, sku: Sku, quantity: int, *, pay: bool = True) -> str:
        """Let a buyer order."""
        control, account = self._server.control, self.account.external_id
        return control.buy(self.kind, account, sku, quantity, pay=pay).order

    def act(self, order: str, act: OrderAct) -> None:
        """Let something happen to an order."""
        self._server.control.act(self.kind, self.account.external_id, order, act)

    def edit(self, external_id: ExternalId, changes: Changes) -> None:
        """Let a person edit a listing."""
        account = self.account.external_id
        self._server.control.edit(self.kind, account, changes, external_id=external_id)


class _MetaChannel(SandboxChannel, ObservedChannel):
    says_how_long = True
    edits: ClassVar[Mapping[Part, Changes]] = {Part.TEXT: Changes(text="ข้อความที่มีคนแก้เองในแอป")}
    error_cases = (
        # Source of the rows: meta.md section 4.2.
        ErrorCase(answer=Error(code=190, subcode=463), expected=AuthExpired, mutating=False),
        ErrorCase(answer=Error(code=190, subcode=460), expected=AuthExpired),
        ErrorCase(answer=Error(code=4), expected=Throttled),
        ErrorCase(answer=Error(code=32), expected=Throttled, mutating=False),
        ErrorCase(answer=Error(status=500, code=1), expected=Transient, mutating=False),
    )

    @property
    def secrets(self) -> Sequence[str]:
        """The account's token and the application's secret."""
        return [*self.sent_secrets, PLANTED_APP_SECRET]

    @property
    def sent_secrets(self) -> Sequence[str]:
        """The token; the application's secret only makes a proof of it."""
        return super().secrets

    def settings(self) -> MetaSettings:
        return MetaSettings(
            graph_url=self._server.graph_url,
            instagram_url=self._server.instagram_url,
            app_secret=PLANTED_APP_SECRET,
        )


class PageChannel(_MetaChannel):
    """A Facebook Page."""

    kind = FACEBOOK_PAGE
    text_in = "message"

    def delete(self, sandbox: Sandbox, external_id: str) -> None:
        """Take the post away."""
        sandbox.graph.remove_post(sandbox.graph.posts[external_id])


class InstagramChannel(_MetaChannel):
    """An Instagram account, connected through Facebook."""

    kind = INSTAGRAM
    text_in = "caption"
    login: ClassVar[str] = "facebook"

    @property
    def account(self) -> SandboxAccount:
        """The account under test."""
        accounts = sandbox_accounts(instagram_login=self.login)
        return next(account for account in accounts if account.kind == self.kind)

    def delete(self, sandbox: Sandbox, external_id: str) -> None:
        """Take the media away."""
        sandbox.graph.remove_media(sandbox.graph.media[external_id])


class InstagramLoginChannel(InstagramChannel):
    """An Instagram account, connected through Instagram itself."""

    login = "instagram"


class LineShopChannel(SandboxChannel, OrderingChannel, ObservedChannel):
    """A MyShop shop."""

    kind = LINE_SHOP
    text_in = "description"
    error_cases = (
        # Source of the rows: line.md section 1.3.
        ErrorCase(answer=Error(status=401, code="UNAUTHORIZED"), expected=AuthExpired, mutating=False),
        ErrorCase(answer=Error(status=400, code="BAD_REQUEST"), expected=Rejected),
        ErrorCase(answer=Error(status=500, code="INTERNAL_ERROR"), expected=OutcomeUnknown),
        ErrorCase(answer=Error(status=500, code="INTERNAL_ERROR"), expected=Transient, mutating=False),
        ErrorCase(answer=Error(status=429, body={"message": "API rate limit exceeded"}), expected=Throttled),
    )

    @property
    def sent_secrets(self) -> Sequence[str]:
        """The key; the secret of the webhooks only checks what the shop sends."""
        return [self.account.credentials["api_key"]]

    def settings(self) -> LineSettings:
        """Return the settings."""
        return LineSettings(myshop_url=self._server.line_url)

    def details(self, sandbox: Sandbox, external_id: str) -> Any:
        """Return category and weights."""
        product = sandbox.line.products[int(external_id)]
        return product.category, {one.sku: one.weight for one in product.variants}

    def delete(self, sandbox: Sandbox, external_id: str) -> None:
        """Delete the product."""
        sandbox.line.remove(sandbox.line.products[int(external_id)])

    def buyer_words(self) -> Sequence[str]:
        """Return what the shop tells of its buyers."""
        return self._server.control.run(
            lambda sandbox: [word for order in sandbox.line.orders.values() for word in buyer_words(order)]
        )


class ApiMarketChannel(SandboxChannel, OrderingChannel, ObservedChannel):
    """A shop on the market that has an API."""

    order_ways: ClassVar[Sequence[Sequence[OrderAct]]] = (
        (OrderAct.PAY, OrderAct.SHIP, OrderAct.DELIVER),
        (OrderAct.PAY, OrderAct.CANCEL),
        (OrderAct.CANCEL,),
        (OrderAct.EXPIRE,),
    )

    kind = EMARKET
    text_in = "description"
    error_cases = (
        # Source of the rows: the market's own file, config/emarkets/sandbox-emarket.yaml.
        ErrorCase(answer=Error(status=200, code="IllegalAccessToken"), expected=AuthExpired, mutating=False),
        ErrorCase(answer=Error(status=200, code="ApiCallLimit"), expected=Throttled),
        ErrorCase(answer=Error(status=200, code="ServiceTimeout"), expected=Transient),
    )

    def settings(self) -> EmarketSettings:
        """Return the settings; the market files are written where none are yet."""
        folder = self._folder / "emarkets"
        return EmarketSettings(
            dir=folder if folder.exists() else write_market_files(folder, self._server.market_url)
        )

    def details(self, sandbox: Sandbox, external_id: str) -> Any:
        """Return category and weights."""
        item = sandbox.market.items[external_id]
        return item.category_id, {one.sku: one.weight_g for one in item.variants}

    def delete(self, sandbox: Sandbox, external_id: str) -> None:
        """Delete the item."""
        sandbox.market.remove(sandbox.market.items[external_id])

    def buyer_words(self) -> Sequence[str]:
        """Return what the market tells of its buyers."""
        return market_buyer_words()


class _MarketWithoutCalls(AdapterUnderTest):
    """A market of the shipped files that is never called."""

    text_in = "description"
    market: ClassVar[Mapping[str, str]]

    @property
    def secrets(self) -> Sequence[str]:
        """Such an account has no credentials; one is planted all the same."""
        return ["planted-in-an-account-without-calls"]

    def connect(self) -> ChannelAdapter:
        """Make a new adapter."""
        return CHANNELS[EMARKET].make(
            AdapterContext(
                account=ChannelAccount(
                    id=AccountId(1), seller_id=SellerId(1), kind=EMARKET, name="market", settings=self.market
                ),
                credentials=Credentials({"unused": self.secrets[0]}),
                http=make_client(HttpSettings(), observer=self.records.append),
                clock=self.clock,
                pictures=MadePictures(),
                templates=JinjaTemplates(),
                settings=EmarketSettings(),
            )
        )


class FeedMarket(_MarketWithoutCalls):
    """Google's product file."""

    market = {"market": "google-products", "link": "https://shop.example.com/p/{sku}"}  # noqa: RUF012


class HandMarket(_MarketWithoutCalls):
    """Thailand Postmart."""

    market = {"market": "postmart"}  # noqa: RUF012
