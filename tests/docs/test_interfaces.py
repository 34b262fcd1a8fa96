"""What the pages for other systems say is so: paths, codes, documents, and the way onto the queue."""

import json
import re

import jsonschema
import pytest

from schemas.submission import REFERENCE, VERSION
from syndicator.intake.documents import read_document
from syndicator.queue_depths import NAMESPACE
from syndicator.usecases.take_message import SUBMIT, SUBMIT_QUEUE, read_message
from tests.docs.generated import ROOT, SUBMIT_SCHEMA, openapi
from workers.queues import MAX_SUBMIT_BYTES
from workers.screening import problem_of

API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
MESSAGES = (ROOT / "docs" / "messages.md").read_text(encoding="utf-8")
EXAMPLE = json.loads((ROOT / "docs" / "examples" / "product.json").read_text(encoding="utf-8"))
_PATH = re.compile(r"(?:\b(GET|POST|PUT|PATCH|DELETE) |http://127\.0\.0\.1:8080)(/v1/[^\s`\"'?)…]*)")


def described():
    """Return the paths of the description as patterns, with the methods of each."""
    paths = json.loads(openapi())["paths"]
    return {
        re.sub(r"\{[^}]+\}", r"[^/]+", path): {name.upper() for name in one} for path, one in paths.items()
    }


def named_paths():
    return [(method, path) for text in (API, MESSAGES) for method, path in _PATH.findall(text)]


@pytest.mark.parametrize(("method", "path"), named_paths())
def test_a_path_that_a_page_names_is_one_of_the_api(method, path):
    methods = [found for pattern, found in described().items() if re.fullmatch(pattern, path)]

    assert methods, path
    assert not method or method in set().union(*methods), path


def test_the_pages_name_paths():
    assert len(named_paths()) > 10


def test_the_product_of_the_examples_is_sound():
    read = read_document(EXAMPLE)

    assert read.problems == ()
    assert read.stock == EXAMPLE["stock"]


def test_the_published_schema_takes_what_is_taken_and_nothing_else():
    schema = json.loads(SUBMIT_SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    good = {
        "schema_version": VERSION,
        "seller": "default",
        "reference": "erp-1",
        "products": [
            EXAMPLE | {"media": [{"sha256": "a" * 64}, {"source": "https://shop.example.test/1.jpg"}]}
        ],
    }

    assert list(validator.iter_errors(good)) == []
    assert read_message(good).reference == "erp-1"
    for bad in (
        good | {"schema_version": 2},
        good | {"reference": "two words"},
        good | {"products": []},
        good | {"accounts": []},
        good | {"surprise": 1},
        good | {"products": [EXAMPLE | {"vat_rate": "seven"}]},
        {name: value for name, value in good.items() if name != "seller"},
    ):
        assert list(validator.iter_errors(bad)), bad


def test_the_message_of_the_page_is_one_that_the_workers_take():
    (shown,) = [
        part for part in re.findall(r"```json\n(.*?)```", MESSAGES, re.DOTALL) if "queue_name" in part
    ]
    message = shown.replace("<the document>", "{}").replace("<id>", "m-1").encode()

    assert problem_of(SUBMIT_QUEUE, message) is None
    assert f"HSET {NAMESPACE}:{SUBMIT_QUEUE}.msgs <id>" in MESSAGES
    assert f"RPUSH {NAMESPACE}:{SUBMIT_QUEUE} <id>" in MESSAGES
    assert f"`{SUBMIT}`" in MESSAGES
    assert f"{MAX_SUBMIT_BYTES:,} bytes" in MESSAGES


@pytest.mark.parametrize("text", [MESSAGES, API], ids=["messages", "api"])
def test_names_of_the_callers_own_have_the_form_that_the_pages_say(text):
    assert REFERENCE == r"^[A-Za-z0-9._:-]{1,200}$"
    assert "1 to 200 letters, digits or `. _ : -`" in text
