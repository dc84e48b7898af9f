"""Named ways to index the same pages."""

import pytest

from rag_eval.staging.corpus import HandbookPassage
from rag_eval.staging.errors import ProfileError
from rag_eval.staging.profiles import PROFILES, profile_named

_PASSAGE = HandbookPassage(
    id="rules#dogs", title="Rules", heading="Dogs", text="Dogs stay on a lead " + "and stay ashore " * 9
)


def test_each_profile_is_found_by_its_name() -> None:
    """And none by another's."""
    assert [profile_named(profile.name) for profile in PROFILES] == [*PROFILES]


def test_better_profiles_find_and_return_more() -> None:
    """The strong one knows the page's title, the medium one the whole text, the weak one how it begins."""
    strong, medium, weak = (profile_named(name) for name in ("strong", "medium", "weak"))
    assert "Rules" in strong.indexed(_PASSAGE)
    assert medium.indexed(_PASSAGE) == _PASSAGE.text
    assert _PASSAGE.text.startswith(weak.indexed(_PASSAGE))
    assert len(weak.indexed(_PASSAGE)) < len(_PASSAGE.text)
    assert strong.limit > medium.limit > weak.limit


@pytest.mark.parametrize(("name", "hint"), [("stronk", "did you mean 'strong'?"), ("?", "There are: strong, medium")])
def test_an_unknown_name_is_told_with_those_there_are(name: str, hint: str) -> None:
    """The nearest first, where one is near."""
    with pytest.raises(ProfileError) as error:
        profile_named(name)
    assert hint in str(error.value)
