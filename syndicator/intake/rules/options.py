"""The options that tell the variants of a product apart."""

from typing import Final

from syndicator.intake.columns import Column
from syndicator.intake.findings import Findings

_PAIRS: Final = (
    (Column.OPTION1_NAME, Column.OPTION1_VALUE),
    (Column.OPTION2_NAME, Column.OPTION2_VALUE),
)


def options(findings: Findings) -> tuple[tuple[str, str], ...]:
    """Read the options as (name, value), in order; both halves of a pair are needed, the first pair first."""
    pairs = [pair for pair in _PAIRS if any(findings.is_given(column) for column in pair)]
    if pairs and not findings.is_given(Column.GROUP_SKU):
        findings.add(Column.GROUP_SKU, "variant_group_missing")
    if (pairs or findings.is_given(Column.GROUP_SKU)) and _PAIRS[0] not in pairs:
        pairs.insert(0, _PAIRS[0])
    for column in (column for pair in pairs for column in pair):
        if not findings.is_given(column):
            findings.add(column, "variant_option_missing")
    found = tuple((findings.text(name), findings.text(value)) for name, value in pairs)
    if len({name for name, _ in found}) < len(found) and found[0][0]:
        findings.add(Column.OPTION2_NAME, "variant_option_name_duplicate", value=found[0][0])
    return found
