"""Words show that contexts deny a reference, and say which."""

import pytest

from rag_eval.curation.wordwise import objection

CONTEXTS = (
    "The library of Aldermouth was founded in 1921 by Anna Moor. Readers can borrow up to ten books for four weeks.",
    "Maps aren't lent out. The reading room does n't close before nine in winter. Its choir won a prize in Rome.",
)


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("The library of Aldermouth was not founded by Anna Moor in 1921.", "negated"),
        ("Readers can never borrow up to ten books for four weeks.", "negated"),
        ("The reading room closes before nine in winter.", "negated"),
        ("The library was founded in 1921 by Greta Lindqvist.", "Greta Lindqvist"),
        ("Tomasz Wilk", "Tomasz Wilk"),
        ("The library of Aldermouth was founded by Anna Moor in 1921.", ""),
        ("No. Maps are not lent out.", ""),
        ("The reading room doesn't close before nine in winter.", ""),
        ("Its choir won a prize in Rome.", ""),
        ("Readers can no longer borrow up to ten books for four weeks.", "negated"),
        ("Its choir, which sings each Sunday in the old hall by the sea, has not won a prize in Rome.", "negated"),
        ("Its choir, which sings each Sunday in the old hall by the sea, has won a prize in Rome.", ""),
        ("Its choir won a prize in Rome without a conductor, as No. 16.", ""),
        ("Founded by Mrs. Anna Moor (Greta's sister), it is the library of Aldermouth.", ""),
    ],
)
def test_words_show_that_contexts_deny_a_reference(reference: str, why: str) -> None:
    """A negation that only one side has, and names of which no context holds a word; nothing where both agree."""
    found = objection(reference, CONTEXTS, "What is known about the library?")
    assert why in found
    assert bool(found) == bool(why)
