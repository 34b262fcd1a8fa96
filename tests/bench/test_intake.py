"""The intake bench at a tiny size: both sides write the same rows, and every figure is there."""

from tests.bench.intake import Size, run


def test_both_sides_write_the_same_rows_and_every_figure_is_there() -> None:
    said: list[str] = []

    found = run(Size(products=250, watched=450, settled=200, puts=5), said.append)

    assert [one["name"] for one in found] == [
        "intake.bulk_over_http",
        "intake.put_p95",
        "intake.peak_memory",
    ]
    assert all(one["value"] > 0 and one["baseline"]["value"] > 0 for one in found)
    assert any("bare insert" in line for line in said)
