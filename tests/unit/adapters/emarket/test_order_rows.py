"""Orders of markets that write them otherwise than the sandbox's: quantities, times in numbers, words nobody knows."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.emarket.order_rows import orders_of, read_order, read_time, write_time
from adapters.emarket.ordering import OrderFields
from schemas.orders import OrderState

FIELDS = OrderFields.model_validate(
    {
        "query": {"after": "from", "offset": "skip"},
        "reads": {
            "orders": "response.list",
            "reference": "sn",
            "placed_at": "made",
            "updated_at": "changed",
            "rows": "lines",
            "row_id": "id",
            "row_sku": "model.sku",
            "row_item_id": "item",
            "row_status": "state",
            "quantity": "units",
        },
        "statuses": {"paid": ["READY", "PROCESSED"], "cancelled": ["CANCELLED"], "shipped": ["SHIPPED"]},
    }
)
TIME = "2026-11-26T12:00:00+07:00"


def nothing(references: Sequence[str]) -> dict[str, Any]:
    raise AssertionError("the list holds its rows")


def row(sku: Any = "A", units: Any = 1, state: str = "READY", **more: Any) -> dict[str, Any]:
    return {"id": "7", "model": {"sku": sku}, "item": "55", "units": units, "state": state} | more


def order(*rows: Any, **more: Any) -> dict[str, Any]:
    return {"sn": 250_101_123_456_789_012, "made": TIME, "changed": TIME, "lines": list(rows)} | more


def timed(form: str) -> OrderFields:
    return FIELDS.model_copy(update={"query": FIELDS.query.model_copy(update={"time": form})})


def test_a_row_may_stand_for_several_units() -> None:
    read = read_order(order(row(units=3), row(units="2", state="CANCELLED"), row("B")), FIELDS)

    assert [(line.sku, line.ordered, line.cancelled) for line in read.lines] == [("A", 5, 2), ("B", 1, 0)]


def test_a_number_of_an_order_stays_whole_text() -> None:
    assert read_order(order(row()), FIELDS).reference == "250101123456789012"


def test_goods_without_a_code_are_told_apart_by_their_listing_or_row() -> None:
    rows = [row("", item="55"), row(None, item="56"), row(None, item="55"), row("", item=None, id="9")]

    read = read_order(order(*rows), FIELDS)

    assert [(line.reference, line.sku, line.external_id, line.ordered) for line in read.lines] == [
        ("item 55", "", "55", 2),
        ("item 56", "", "56", 1),
        ("row 9", "", None, 1),
    ]


def test_the_order_of_the_rows_makes_no_difference() -> None:
    rows = [row("A"), row("B", state="SHIPPED"), row("A", state="CANCELLED")]

    assert read_order(order(*rows), FIELDS) == read_order(order(*reversed(rows)), FIELDS)


def test_a_word_nobody_knows_takes_nothing_back_and_is_told() -> None:
    read = read_order(order(row(state="ON_THE_MOON"), row(state="SHIPPED")), FIELDS)

    assert read.state is OrderState.UNKNOWN
    assert (read.lines[0].ordered, read.lines[0].cancelled, read.lines[0].shipped) == (2, 0, 1)


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["READY", "SHIPPED"], OrderState.PAID),
        (["SHIPPED", "CANCELLED"], OrderState.SHIPPED),
        (["CANCELLED"], OrderState.CANCELLED),
        ([], OrderState.UNKNOWN),
    ],
)
def test_an_order_is_as_far_as_the_slowest_unit_that_is_wanted(
    states: list[str], expected: OrderState
) -> None:
    assert read_order(order(*[row(state=state) for state in states]), FIELDS).state is expected


@pytest.mark.parametrize(
    "broken",
    [
        order(lines=None),
        order(lines="A"),
        order(row(units="many")),
        order(row(units=True)),
        order(row(), sn=None),
        order(row(), sn=""),
        order(row(), changed=None),
        order(row(), changed="2026-11-26T12:00:00"),
        order(row(), made="soon"),
        "250101",
        None,
    ],
    ids=str,
)
def test_an_order_that_cannot_be_read_is_told_and_never_quoted(broken: Any) -> None:
    with pytest.raises(ValueError) as caught:
        orders_of({"response": {"list": [broken]}}, FIELDS, nothing)

    assert "250101" not in str(caught.value)


@pytest.mark.parametrize("body", [None, {}, {"response": {"list": {}}}, {"response": []}], ids=str)
def test_an_answer_without_its_list_is_no_empty_list(body: Any) -> None:
    with pytest.raises(ValueError, match=r"response\.list"):
        orders_of(body, FIELDS, nothing)


def test_an_order_that_does_not_say_when_it_was_placed_was_placed_when_it_changed() -> None:
    read = read_order(order(row(), made=None), FIELDS)

    assert read.placed_at == read.updated_at == datetime(2026, 11, 26, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("iso", "2026-11-26 12:00:00 +0700"),
        ("iso", "2026-11-26T05:00:00Z"),
        ("unix_s", 1_795_669_200),
        ("unix_s", "1795669200"),
        ("unix_ms", 1_795_669_200_000),
    ],
)
def test_times_are_read_as_the_file_says(form: str, told: Any) -> None:
    assert read_time(told, timed(form)) == datetime(2026, 11, 26, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize("told", [None, "soon", [], 1e30, "nan"])
def test_a_time_that_is_none_is_told(told: Any) -> None:
    with pytest.raises(ValueError):
        read_time(told, timed("unix_s"))


@pytest.mark.parametrize(
    ("form", "expected"),
    [("iso", "2026-11-26T05:00:00+00:00"), ("unix_s", "1795669200"), ("unix_ms", "1795669200000")],
)
def test_times_are_written_as_the_market_reads_them(form: str, expected: str) -> None:
    assert write_time(datetime(2026, 11, 26, 5, 0, tzinfo=UTC), timed(form)) == expected
