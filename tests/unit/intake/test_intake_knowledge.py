import ast
import re
from pathlib import Path

import syndicator.intake
from syndicator.intake.categories import load_categories, nearest_categories
from syndicator.intake.places import load_places
from syndicator.intake.sentences import SENTENCES, problem

THAI = re.compile("[\u0e01-\u0e5b]")


def test_every_tambon_lies_where_its_code_says():
    places = load_places()

    kung_taphao = places.find("530105")
    assert str(kung_taphao) == "คุ้งตะเภา เมืองอุตรดิตถ์ อุตรดิตถ์"
    assert kung_taphao.postal_code == "53000"
    assert places.find("539999") is None


def test_a_tambon_is_found_by_its_names_with_or_without_kind_words():
    places = load_places()

    assert places.named("จังหวัดอุตรดิตถ์", "อ.เมืองอุตรดิตถ์", "ตำบลคุ้งตะเภา").code == "530105"
    assert places.named("กรุงเทพมหานคร", "หนองจอก", "แขวงกระทุ่มราย").code == "100301"
    assert places.named("อุตรดิตถ์", "ลับแล", "คุ้งตะเภา") is None


def test_the_dataset_is_whole():
    folder = Path(__file__).parents[3] / "config" / "places"
    sizes = {
        path.stem: len(path.read_text(encoding="utf-8").splitlines()) - 1 for path in folder.glob("*.csv")
    }

    assert sizes == {"provinces": 77, "amphoes": 929, "tambons": 7451}


def test_the_nearest_categories_are_those_of_the_same_group():
    nearest = nearest_categories("drink.coffe", load_categories())

    assert nearest[0] == "drink.coffee"
    assert all(code.startswith("drink.") for code in nearest)


def test_an_unknown_group_is_compared_with_all_categories():
    assert nearest_categories("foods.honey", load_categories())[0] == "food.honey"


def test_both_languages_of_a_sentence_say_something_and_thai_is_thai():
    assert [code for code, (thai, english) in SENTENCES.items() if not THAI.search(thai) or not english] == []


def test_every_sentence_is_used_and_every_used_code_has_one():
    used = set()
    for path in Path(syndicator.intake.__path__[0]).rglob("*.py"):
        if path.name != "sentences.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            used |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}

    assert [code for code in SENTENCES if code not in used] == []


def test_values_in_a_sentence_are_shortened_and_harmless():
    found = problem("sku", "sku_format", value="{x}\n" + "A" * 500)

    assert "{x} AAA" in found.en
    assert "A…" in found.en
    assert "\n" not in found.en
    assert len(found.en) < 300


def test_a_suggestion_is_said_in_both_languages():
    found = problem("stock", "stock_not_integer", value="12 ชิ้น", suggestion="12")

    assert "(แนะนำ: 12)" in found.th
    assert "(suggested: 12)" in found.en
