"""What a market file says of authentication: fixed keys, a token, a signature, each optional."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

PositiveInt = Annotated[int, Field(gt=0)]
NonNegativeInt = Annotated[int, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StaticKey(_Part):
    """A value sent with every call; ``secret`` names the account's credential that holds it."""

    place: Literal["header", "query", "body"]
    name: str
    secret: str
    format: str = "{value}"


class TokenCall(_Part):
    """How the token endpoint is asked and read; paths are those of the envelope's kind (``data.access_token``).

    ``refresh`` may be absent in an answer: the refresh token then stays as it is. ``expires_in`` counts seconds.
    """

    method: Literal["GET", "POST"] = "POST"
    encoding: Literal["json", "form", "query"] = "json"
    base_url: str | None = None
    """Where the endpoint is, if not below the market's own ``base_url``."""
    refresh_param: str = "refresh_token"
    access: str = "access_token"
    refresh: str = "refresh_token"
    expires_in: str = "expires_in"


class OAuth(_Part):
    """How the access token is carried and how long it lives.

    ``refresh_grace_s`` is how long a spent refresh token is answered again with the pair it was spent on; 0 where the
    market documents no such thing, and a lost answer then needs a person.
    """

    grant: Literal["refresh_token", "password", "client_credentials"]
    token_url: str
    access_ttl_s: PositiveInt
    refresh_ttl_s: PositiveInt | None = None
    refresh_single_use: bool = False
    refresh_grace_s: NonNegativeInt = 0
    renew_before_s: PositiveInt = 600
    call: TokenCall = TokenCall()
    carry: StaticKey


class Signing(_Part):
    """A keyed hash over listed parts: ``path``, ``sorted_params``, ``body``, ``secret`` or ``param:NAME``."""

    secret: str
    parts: tuple[Annotated[str, Field(pattern=r"^(path|sorted_params|body|secret|param:\w+)$")], ...]
    pair: str = "{key}{value}"
    skip_params: tuple[str, ...] = ("sign",)
    digest: Literal["hex", "HEX", "base64"] = "hex"
    place: Literal["header", "query"] = "query"
    name: str = "sign"
    timestamp_param: str = "timestamp"
    timestamp_unit: Literal["s", "ms"] = "s"
    max_skew_s: PositiveInt = 300


class Auth(_Part):
    """The three optional layers of authentication."""

    keys: tuple[StaticKey, ...] = ()
    oauth: OAuth | None = None
    signing: Signing | None = None
