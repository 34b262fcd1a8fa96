"""Known secrets are blanked however they are written, and nothing else is."""

import base64
import json
import logging
from urllib.parse import quote, quote_plus

import httpx
import pytest

from adapters.http import redact, redact_url
from adapters.redaction import KNOWN, KnownSecrets
from syndicator.telemetry import RedactingFormatter, _redact_text

SECRET = 'pl@nted/secret+with|odd="marks" กุญแจ'


def written() -> dict[str, str]:
    return {
        "plain": SECRET,
        "url": quote(SECRET, safe=""),
        "form": quote_plus(SECRET),
        "json": json.dumps({"said": SECRET}),
        "json with slashes": json.dumps({"said": SECRET}).replace("/", "\\/"),
        **{
            f"basic {name}": base64.b64encode(f"{name}:{SECRET}".encode()).decode()
            for name in ("a", "ab", "abc")
        },
    }


@pytest.mark.parametrize("form", sorted(written()))
def test_a_known_secret_is_blanked_in_every_form(form: str) -> None:
    known, text = KnownSecrets(), f"the channel said {written()[form]} and more"
    assert known.blank(text) == text

    known.learn([SECRET])

    blanked = known.blank(text)
    assert "***" in blanked
    assert blanked.startswith("the channel said ")
    assert blanked.endswith(" and more")
    longest = max(len(part) for part in written()[form].split("***"))
    assert not any(written()[form][at : at + 12] in blanked for at in range(8, longest - 20))


def test_the_longer_of_two_secrets_with_one_beginning_is_blanked_whole() -> None:
    known = KnownSecrets()
    known.learn(["abcdefgh", "abcdefgh-ijkl"])

    assert known.blank("x abcdefgh-ijkl y abcdefgh z") == "x *** y *** z"


def test_words_too_short_to_be_secrets_stay() -> None:
    known = KnownSecrets()
    known.learn(["", "shop"])

    assert known.blank("the shop is open") == "the shop is open"


def test_the_secret_not_met_for_longest_is_forgotten_first() -> None:
    known = KnownSecrets(most=2)
    known.learn(["first-secret", "second-secret"])
    known.learn(["first-secret", "third-secret"])

    assert known.blank("first-secret second-secret third-secret") == "*** second-secret ***"


def test_redaction_of_texts_addresses_and_log_events_knows_the_secrets() -> None:
    secret = "opened-account-secret-7391"
    KNOWN.learn([secret])
    event = {"exception": [{"frames": [{"locals": {"it": f"'{secret}'"}}]}], "n": 3}

    assert redact(f"odd words {secret}") == "odd words ***"
    assert secret not in redact_url(httpx.URL(f"https://host.test/{secret}/x?unlisted={secret}"))
    assert secret not in repr(_redact_text(None, "info", event))
    record = logging.LogRecord("lib", logging.WARNING, "", 0, "at %s", (secret,), None)
    assert RedactingFormatter("%(message)s").format(record) == "at ***"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer syk_abcdefgh234567_k7q2mzx4plantedsecret5",
        "/v1/sellers?key=syk_abcdefgh234567_k7q2mzx4plantedsecret5&x=1",
        '{"secret": "whsec_k7q2mzx4plantedsecret5/+w=="}',
    ],
)
def test_a_key_of_ours_that_nobody_has_met_yet_is_blanked(text: str) -> None:
    known = KnownSecrets()

    assert "k7q2mzx4" not in known.blank(text)
    assert "k7q2mzx4" not in str(_redact_text(None, "", {"said": [text]}))
    assert "***" in known.blank(text)


def test_the_public_name_of_a_key_stays() -> None:
    assert KnownSecrets().blank("syk_abcdefgh234567_k7q2mzx4") == "syk_abcdefgh234567_***"
