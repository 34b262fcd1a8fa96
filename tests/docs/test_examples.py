"""Code that a page shows is code of the tree that is tested."""

import re
import textwrap

import pytest

from tests.docs.generated import ROOT

_SHOWN = re.compile(r"<!-- from (\S+) -->\n```python\n(.*?)```", re.DOTALL)
_ANY = re.compile(r"```python\n")


@pytest.mark.parametrize("shown_on", ["CONTRIBUTING.md", "docs/events.md"])
def test_every_example_of_a_page_stands_in_the_file_it_names(shown_on):
    page = (ROOT / shown_on).read_text(encoding="utf-8")
    shown = _SHOWN.findall(page)

    assert len(shown) == len(_ANY.findall(page)) > 0
    for name, code in shown:
        assert textwrap.dedent(code).strip() in (ROOT / name).read_text(encoding="utf-8"), name
