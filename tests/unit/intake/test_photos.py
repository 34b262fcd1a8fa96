import pytest

from syndicator.intake.photos import find_photos
from tests.support.intake_files import a_row, read_rows


def products_with(folder, *names):
    return read_rows(folder, a_row(image_files="|".join(names))).products


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "a-1.jpg").write_bytes(b"a")
    return folder


def codes(search):
    return [found.problem.code for found in search.problems]


def test_a_picture_is_found_by_its_name(tmp_path, photos):
    found, problems = find_photos(products_with(tmp_path, "images/a-1.jpg"), photos)

    assert found == {"images/a-1.jpg": photos / "images" / "a-1.jpg"}
    assert problems == ()


def test_a_missing_picture_is_named_with_its_row(tmp_path, photos):
    search = find_photos(products_with(tmp_path, "images/a-1.jpg", "images/b.jpg"), photos)

    missing = search.problems[0]
    assert (missing.sku, missing.line, missing.problem.path) == ("UTT-BNB-100", 2, "image_files")
    assert "images/b.jpg" in missing.problem.th
    assert codes(search) == ["image_missing"]


def test_letter_case_does_not_matter_when_one_file_fits(tmp_path, photos):
    found, _ = find_photos(products_with(tmp_path, "Images/A-1.JPG"), photos)

    assert found == {"Images/A-1.JPG": photos / "images" / "a-1.jpg"}


def test_the_exact_name_wins_over_one_in_another_case(tmp_path, photos):
    (photos / "images" / "A-1.jpg").write_bytes(b"b")
    found, problems = find_photos(products_with(tmp_path, "images/a-1.jpg"), photos)

    assert (found["images/a-1.jpg"].name, problems) == ("a-1.jpg", ())


def test_two_files_in_other_case_are_never_chosen_from(tmp_path, photos):
    (photos / "images" / "A-1.jpg").write_bytes(b"b")

    assert codes(find_photos(products_with(tmp_path, "images/A-1.JPG"), photos)) == ["image_name_ambiguous"]


def test_thai_names_match_however_their_marks_are_written(tmp_path, photos):
    (photos / "น้ำ.jpg").write_bytes(b"a")
    found, _ = find_photos(products_with(tmp_path, "น\u0e49\u0e4d\u0e32.jpg"), photos)

    assert [path.name for path in found.values()] == ["น้ำ.jpg"]


def test_a_link_out_of_the_folder_is_refused(tmp_path, photos):
    secret = tmp_path / "id-card.jpg"
    secret.write_bytes(b"secret")
    (photos / "images" / "link.jpg").symlink_to(secret)

    assert codes(find_photos(products_with(tmp_path, "images/link.jpg"), photos)) == ["image_outside_folder"]


def test_a_linked_folder_outside_is_not_looked_into(tmp_path, photos):
    outside = tmp_path / "private"
    outside.mkdir()
    (outside / "id-card.jpg").write_bytes(b"secret")
    (photos / "more").symlink_to(outside)

    assert codes(find_photos(products_with(tmp_path, "more/id-card.jpg"), photos)) == ["image_missing"]


def test_a_file_used_as_a_folder_is_a_missing_picture(tmp_path, photos):
    search = find_photos(products_with(tmp_path, "images/a-1.jpg/b.jpg"), photos)

    assert codes(search) == ["image_missing"]


def test_a_dead_link_is_a_missing_picture(tmp_path, photos):
    (photos / "images" / "dead.jpg").symlink_to(photos / "nothing.jpg")

    assert codes(find_photos(products_with(tmp_path, "images/dead.jpg"), photos)) == ["image_missing"]


def test_a_folder_of_that_name_is_not_a_picture(tmp_path, photos):
    assert codes(find_photos(products_with(tmp_path, "images"), photos)) == ["image_missing"]


def test_addresses_are_left_to_the_download(tmp_path, photos):
    assert find_photos(products_with(tmp_path, "https://example.test/a.jpg"), photos) == ({}, ())


def test_a_photo_folder_that_is_none_is_said_so(tmp_path, photos):
    with pytest.raises(FileNotFoundError):
        find_photos([], tmp_path / "nowhere")
    with pytest.raises(NotADirectoryError, match="not a folder"):
        find_photos([], photos / "images" / "a-1.jpg")
