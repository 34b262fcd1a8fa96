import csv
import io
from pathlib import Path

import pytest
from PIL import Image

from syndicator.media.display_p3 import display_p3_profile
from syndicator.media.formats import PictureFormat, sniff
from syndicator.media.sample_files import PhotoKind, orientation_of, write_photo
from syndicator.media.sample_photos import SamplePhotos, kinds_of, make_photo, make_photos
from syndicator.media.sample_scenes import draw_scene
from tests.support.pictures import FREE, opened, render_one

PRODUCTS = Path(__file__).parents[2] / "data" / "community-products.csv"
SIDE = 400


def names(count: int) -> list[str]:
    return [f"images/photo-{number:03}.jpg" for number in range(count)]


def test_scene_is_the_same_every_time() -> None:
    assert draw_scene("a", (200, 150)).tobytes() == draw_scene("a", (200, 150)).tobytes()


def test_scenes_differ_by_name() -> None:
    assert draw_scene("a", (200, 150)).tobytes() != draw_scene("b", (200, 150)).tobytes()


def test_photo_weighs_what_a_phone_photo_weighs() -> None:
    # A twelfth of the pixels of the real thing, hence about a twelfth of its 2 to 5 MB.
    weight = len(write_photo(draw_scene("weight", (1000, 1000)), "weight", PhotoKind.PHONE))

    assert 2_000_000 / 12 * 0.8 < weight < 5_000_000 / 12


def test_photo_carries_orientation_place_and_camera() -> None:
    turned = next(name for name in names(50) if orientation_of(name) == 6)
    picture = Image.open(io.BytesIO(write_photo(draw_scene("x", (400, 300)), turned, PhotoKind.PHONE)))

    assert picture.size == (300, 400)
    assert picture.getexif()[0x0112] == 6
    assert picture.getexif()[0x010F] == "Sample"
    assert set(picture.getexif().get_ifd(0x8825)) == {1, 2, 3, 4}


def test_orientations_are_mixed() -> None:
    assert {orientation_of(name) for name in names(60)} == {1, 3, 6, 8}


@pytest.mark.parametrize("kind", list(PhotoKind))
def test_every_kind_renders_upright(kind: PhotoKind) -> None:
    scene = draw_scene("kinds", (400, 300))
    name = next(name for name in names(50) if orientation_of(name) == 6)

    picture = opened(render_one(write_photo(scene, name, kind), FREE)).convert("L")

    assert picture.width > picture.height
    # The wall above is lighter than its shadowed lower end would be if the picture lay on its side.
    left, right = picture.crop((0, 0, 20, 20)), picture.crop((picture.width - 20, 0, picture.width, 20))
    if kind is not PhotoKind.TRANSPARENT:
        assert abs(mean(left) - mean(right)) < 12


def mean(picture: Image.Image) -> float:
    return sum(value * count for value, count in enumerate(picture.histogram())) / (
        picture.width * picture.height
    )


def test_product_file_gets_one_of_every_kind() -> None:
    with PRODUCTS.open(encoding="utf-8", newline="") as file:
        wanted = [name for row in csv.DictReader(file) for name in row["image_files"].split("|")]

    kinds = kinds_of(wanted)

    assert len(kinds) == 146
    assert set(kinds.values()) == set(PhotoKind)
    assert sum(kind is not PhotoKind.PHONE for kind in kinds.values()) == len(PhotoKind) - 1


def test_short_list_is_phone_photos_only() -> None:
    assert set(kinds_of(names(5)).values()) == {PhotoKind.PHONE}


def test_photos_are_made_once(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    first = make_photos(names(3), tmp_path, long_side=SIDE, processes=1)
    second = make_photos(
        names(4),
        tmp_path,
        long_side=SIDE,
        processes=1,
        progress=lambda done, total: told.append((done, total)),
    )

    assert (first, second) == (SamplePhotos(3, 0), SamplePhotos(1, 3))
    assert told == [(3, 4), (4, 4)]


def test_damaged_file_is_made_again(tmp_path: Path) -> None:
    make_photos(names(1), tmp_path, long_side=SIDE, processes=1)
    path = tmp_path / names(1)[0]
    good = path.read_bytes()
    path.write_bytes(b"")

    make_photos(names(1), tmp_path, long_side=SIDE, processes=1)

    assert path.read_bytes() == good


def test_odd_kind_keeps_its_jpg_name(tmp_path: Path) -> None:
    make_photo(tmp_path, "a.jpg", PhotoKind.HEIC, long_side=SIDE)

    assert [path.name for path in tmp_path.iterdir()] == ["a.jpg"]
    assert sniff((tmp_path / "a.jpg").read_bytes()[:32]) is PictureFormat.HEIF


def test_two_processes_make_what_one_makes(tmp_path: Path) -> None:
    make_photos(names(4), tmp_path / "one", long_side=SIDE, processes=1)
    make_photos(names(4), tmp_path / "two", long_side=SIDE, processes=2)

    for name in names(4):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.parametrize("name", ["../out.jpg", "/out.jpg", ""])
def test_name_that_leads_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="leads out"):
        make_photos([name], tmp_path, long_side=SIDE, processes=1)


def test_display_p3_profile_is_read_by_its_name() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(io.BytesIO(display_p3_profile()))

    assert ImageCms.getProfileDescription(profile).strip() == "Display P3"
