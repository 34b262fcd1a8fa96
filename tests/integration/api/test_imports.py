"""Many products in one request: line by line, whatever is wrong with some, and on from where it was cut off."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from syndicator.settings import IntakeSettings
from syndicator.usecases.take_stream import MOST_LINE_BYTES
from tests.support.api_door import ApiDoor, Caller
from tests.support.app import CoreApp
from tests.support.documents import document
from tests.support.intake_files import a_row, write_csv

HERE = "/v1/sellers/A/imports"
NDJSON = "application/x-ndjson"


@pytest.fixture
def caller(door: ApiDoor) -> Caller:
    return door.caller("A")


@pytest.fixture
def door_of_few(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[ApiDoor]:
    core = CoreApp(database_url)
    opened = ApiDoor(core, database_url, redis_url, tmp_path, intake=IntakeSettings(max_rows=5))
    yield opened
    opened.close()
    core.close()


def ndjson(*documents: Any) -> bytes:
    return b"".join(
        (one if isinstance(one, bytes) else json.dumps(one, ensure_ascii=False).encode()) + b"\n"
        for one in documents
    )


def send(caller: Caller, body: bytes, *, key: str | None = "import-1", kind: str = NDJSON) -> Any:
    headers = {"Content-Type": kind} | ({} if key is None else {"Idempotency-Key": key})
    return caller.post(HERE, content=body, headers=headers)


def lines_of(caller: Caller, job: str, **query: Any) -> list[tuple[int, str | None, str, list[str]]]:
    page = caller.get(f"/v1/sellers/A/jobs/{job}/lines", params=query).json()
    return [
        (one["line"], one["sku"], one["outcome"], [problem["code"] for problem in one["problems"]])
        for one in page["data"]
    ]


def test_every_line_has_an_outcome_and_a_bad_one_harms_no_other(door: ApiDoor, caller: Caller) -> None:
    door.core.connect()
    body = ndjson(
        document("P-1"),
        b"{",
        document("P-2", vat_rate=700),
        document("P-1"),
        b'["P-9"]',
        b'{"sku": "' + b"x" * MOST_LINE_BYTES + b'"}',
        document("P-3", stock={"P-8": 1}),
        b'{"vat_rate": NaN}',
        document("P-4"),
    )
    answer = send(caller, body)

    job = answer.json()
    assert (answer.status_code, job["state"]) == (200, "received")
    assert (job["lines"], job["created"], job["refused"]) == (9, 2, 7)
    told = lines_of(caller, job["id"])
    assert [(line, outcome) for line, _, outcome, _ in told if outcome != "refused"] == [
        (1, "created"),
        (9, "created"),
    ]
    codes = {line: codes for line, _, _, codes in told}
    assert (codes[2], codes[4], codes[5], codes[6], codes[8]) == (
        ["json_invalid"],
        ["sku_sent_before"],
        ["dict_type"],
        ["line_too_long"],
        ["json_invalid"],
    )
    assert len(lines_of(caller, job["id"], only_refused=True)) == 7


def test_a_stream_that_was_cut_off_goes_on_where_it_stopped(door: ApiDoor, caller: Caller) -> None:
    documents = [document(f"P-{number}") for number in range(450)]
    whole = ndjson(*documents)
    door.cut_off(
        HERE, ndjson(*documents[:401]), caller, {"Content-Type": NDJSON, "Idempotency-Key": "import-1"}
    )
    taken = door.core.value("SELECT lines FROM job")
    stock = door.core.value("SELECT count(*) FROM stock_movement")
    again = send(caller, whole).json()

    assert taken == stock == 400, "two chunks were committed before the stream ended"
    assert (again["lines"], again["created"], again["state"]) == (450, 450, "received")
    assert door.core.value("SELECT count(*) FROM job") == 1
    assert door.core.value("SELECT count(*) FROM stock_movement") == 450
    once_more = send(caller, whole)
    assert once_more.headers["Idempotency-Replayed"] == "true"
    assert once_more.json()["created"] == 450


def test_more_lines_than_allowed_are_refused_and_what_came_before_is_kept(door_of_few: ApiDoor) -> None:
    caller = door_of_few.caller("A")
    answer = send(caller, ndjson(*(document(f"P-{number}") for number in range(7))))

    assert (answer.status_code, answer.json()["code"]) == (413, "lines_too_many")
    job = caller.get(f"/v1/sellers/A/jobs/{answer.headers['Syndicator-Job']}").json()
    assert (job["lines"], job["created"], job["problem"]["code"]) == (5, 5, "lines_too_many")


def test_the_rows_of_a_product_file_are_taken_too(caller: Caller, tmp_path: Path) -> None:
    photo = "https://shop.example.test/a.png"
    changes = ({"sku": "A-1"}, {"sku": "A-2", "price_thb": "abc"}, {"sku": "A-3"})
    file = write_csv(
        tmp_path / "goods.csv", [a_row(image_files=photo, gtin="", **change) for change in changes]
    )
    answer = send(caller, file.read_bytes(), kind="text/csv; charset=utf-8")

    job = answer.json()
    assert (answer.status_code, job["lines"]) == (200, 3)
    told = lines_of(caller, job["id"])
    assert told[1][1:3] == ("A-2", "refused")
    page = caller.get(f"/v1/sellers/A/jobs/{job['id']}/lines").json()["data"]
    assert page[1]["problems"][0]["path"] == "rows[3].price_thb"


def test_a_file_that_is_none_is_refused_whole(caller: Caller) -> None:
    answer = send(caller, b"what,is,this\n1,2,3\n", kind="text/csv")

    assert (answer.status_code, answer.json()["code"]) == (422, "header_missing_columns")
    job = caller.get(f"/v1/sellers/A/jobs/{answer.headers['Syndicator-Job']}").json()
    assert (job["state"], job["lines"]) == ("failed", 0)


def test_a_stream_needs_a_name_and_a_known_type(caller: Caller) -> None:
    assert send(caller, b"{}", key=None).json()["code"] == "idempotency_key_required"
    assert send(caller, b"{}", key="two words").json()["code"] == "idempotency_key_invalid"
    assert send(caller, b"{}", kind="application/json").status_code == 415


def test_an_empty_stream_is_a_job_of_nothing(caller: Caller) -> None:
    job = send(caller, b"\n \n").json()

    assert (job["lines"], job["state"], job["is_settled"]) == (0, "received", True)
