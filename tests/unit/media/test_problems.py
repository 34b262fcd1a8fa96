import re

import pytest

from syndicator.media.problems import MediaCode, media_problem

VALUES = {"limit": 40, "format": "GIF", "width": 10, "height": 12, "status": 404}


@pytest.mark.parametrize("code", list(MediaCode))
def test_every_code_has_a_complete_sentence_in_both_languages(code: MediaCode) -> None:
    problem = media_problem(code, **VALUES)

    assert problem.code == code.value
    assert re.search("[ก-๙]{5}", problem.th)
    assert "{" not in problem.th + problem.en
    assert problem.en.endswith(".")


def test_problem_leaves_the_column_to_the_caller() -> None:
    problem = media_problem(MediaCode.CORRUPT)

    assert problem.path == ""
    assert str(problem.model_copy(update={"path": "image_files"})).startswith("image_files: ")
