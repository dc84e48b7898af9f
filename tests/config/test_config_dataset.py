"""Where questions come from."""

from support import samples


def test_a_bare_string_is_the_path_of_a_dataset() -> None:
    """The short way and the long way mean the same."""
    assert samples.experiment() == samples.experiment(dataset={"path": "questions.jsonl"})
