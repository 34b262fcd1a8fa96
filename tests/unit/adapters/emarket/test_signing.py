"""Vectors of the fact sheet: Lazada's own, and those recomputed for Shopee and TikTok Shop."""

import base64

from adapters.emarket.auth import Signing
from adapters.emarket.signing import signature


def test_the_vendors_vector_of_sorted_parameters() -> None:
    signing = Signing(secret="app_secret", parts=("path", "sorted_params", "body"), digest="HEX")
    params = {
        "timestamp": "1517820392000",
        "sign_method": "sha256",
        "order_id": "1234",
        "app_key": "123456",
        "access_token": "test",
        "sign": "is left out",
    }

    signed = signature(signing, "helloworld", path="/order/get", params=params, body=b"")

    assert signed == "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"


def test_named_parameters_in_a_fixed_order() -> None:
    signing = Signing(
        secret="partner_key",
        parts=("param:partner_id", "path", "param:timestamp", "param:access_token", "param:shop_id"),
    )
    params = {
        "partner_id": "2001887",
        "timestamp": "1700000000",
        "access_token": "tok_abc",
        "shop_id": "600000",
    }

    signed = signature(
        signing, "partnerkey", path="/api/v2/product/update_stock", params=params, body=b"ignored"
    )

    assert signed == "bbebbca0104b7277d6e0a9981b922d083c004c2d6db134e49919dbc2552c07d6"


def test_a_call_without_a_shop_leaves_the_absent_parameters_out() -> None:
    signing = Signing(
        secret="partner_key",
        parts=("param:partner_id", "path", "param:timestamp", "param:access_token", "param:shop_id"),
    )
    params = {"partner_id": "2001887", "timestamp": "1700000000"}

    signed = signature(signing, "partnerkey", path="/api/v2/auth/token/get", params=params, body=b"")

    assert signed == "68c5456b7bc7c4702065145b3ff0d6b83bba114318271ac1f9120f161d45a8c7"


def test_the_secret_may_stand_at_both_ends() -> None:
    signing = Signing(secret="app_secret", parts=("secret", "path", "sorted_params", "body", "secret"))
    params = {"app_key": "k1", "shop_cipher": "c1", "timestamp": "1700000000"}

    signed = signature(
        signing,
        "secret",
        path="/product/202309/products/1/inventory/update",
        params=params,
        body=b'{"skus":[]}',
    )

    assert signed == "5e3d35614b195c7cca50b84503dd1199cf0d74e59b9204b79575ad3764a2ce11"


def test_base64_is_the_same_digest() -> None:
    hexed = Signing(secret="s", parts=("body",), digest="hex")
    based = Signing(secret="s", parts=("body",), digest="base64")
    arguments = {"path": "/", "params": {}, "body": "ก".encode()}

    assert base64.b64decode(signature(based, "k", **arguments)).hex() == signature(hexed, "k", **arguments)
