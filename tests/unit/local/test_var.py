from pathlib import Path

import pytest

from syndicator.local.errors import VarUnusable
from syndicator.local.var import check_var


def test_a_missing_folder_is_created_and_left_empty(tmp_path):
    check_var(tmp_path / "deep" / "var", min_free_bytes=1)

    assert list((tmp_path / "deep" / "var").iterdir()) == []


def test_too_little_room_names_folder_and_both_figures(tmp_path):
    with pytest.raises(VarUnusable) as caught:
        check_var(tmp_path, min_free_bytes=10**18)

    problem = caught.value.problem
    assert problem.code == "disk_full"
    for text in (problem.th, problem.en):
        assert str(tmp_path) in text
        assert "1000000000000 MB" in text


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "var").write_text("")

    with pytest.raises(VarUnusable) as caught:
        check_var(tmp_path / "var")

    assert caught.value.problem.code == "var_not_writable"
    assert str(tmp_path / "var") in caught.value.problem.th


def test_a_place_where_nobody_can_make_a_folder_is_named():
    with pytest.raises(VarUnusable, match="/dev/null/var cannot be written") as caught:
        check_var(Path("/dev/null/var"))

    assert caught.value.problem.code == "var_not_writable"
