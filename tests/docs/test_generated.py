"""The generated parts of the documentation are what the program would write today."""

import pytest

from syndicator.settings import Settings
from tests.docs import generated

PAGES = generated.pages()


@pytest.mark.parametrize("path", list(PAGES), ids=lambda path: path.name)
def test_generated_page_is_current(path):
    assert path.read_text(encoding="utf-8") == PAGES[path], "run: make docs"


def test_every_setting_says_what_it_means():
    silent = [setting.name for setting in generated.settings_of(Settings) if not setting.meaning]

    assert silent == []


def test_settings_page_shows_every_setting_once():
    page = generated.SETTINGS.read_text(encoding="utf-8")

    for setting in generated.settings_of(Settings):
        assert page.count(f"| `{setting.name}` |") == 1, setting.name


def test_readme_without_the_marks_is_refused():
    with pytest.raises(ValueError, match="marks"):
        generated.with_table("a page without marks", "| a table |")


def test_table_is_replaced_and_the_rest_stays():
    text = f"before\n{generated.BEGIN}\nold\n{generated.END}\nafter\n"

    new = generated.with_table(text, "| new |")

    assert "| new |" in new
    assert "old" not in new
    assert generated.with_table(new, "| new |") == new
    assert new.startswith("before\n")
    assert new.endswith("after\n")
