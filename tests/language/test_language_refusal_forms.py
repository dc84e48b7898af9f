"""The sentences by which answers refuse: each form is needed, and none takes a fact for a refusal."""

import re
from collections.abc import Sequence
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from rag_eval.language.refusal_forms import ENGLISH, OTHERS, SIGNS, SIGNS_ELSEWHERE, SOURCES

_OWN = (
    # A sentence for each form, in their order; the others leave it alone.
    "I do not clearly recall",
    "We are currently unable to look that up",
    "We have no record of it",
    "I must decline",
    "Impossible to determine",
    "Cannot say",
    "It is not feasible to respond to this",
    "It is difficult to determine it without more data",
    "Given only the passages it is not possible to establish the fee",
    "The fee cannot be calculated without the tariff",
    "The question cannot be conclusively answered",
    "The retrieved excerpts did not even touch on it",
    "The handbook does not say",
    "The manual does not cover that topic",
    "The wiki does not describe how to do it",
    "The handbook says nothing of dogs",
    "Nowhere in the handbook do the authors mention it",
    "No policy covers dogs",
    "The brochure makes no such claim",
    "The data is not sufficient",
    "The book is silent",
    "There are no relevant results for that",
    "In the text no direct answer appears",
    "It is unclear from the report",
    "There is no evidence of it in the report",
    "There was no fee that was specified",
    "It does not seem to be an answer",
    "The fee has not been specified by the handbook",
    "In the handbook, the fee is not given for dogs",
    "The fee is not disclosed",
    "The answer to this is not available",
    "It is not mentioned in any of the annexes",
    "Not known",
    "Dunno",
    "No passages were ever found",
    "That question is ambiguous",
    "This is outside the scope",
    "Please contact our support team",
    "Could you rephrase the question",
)


def _matching(forms: tuple[str, ...], sentence: str) -> list[int]:
    return [place for place, form in enumerate(forms) if re.search(form, sentence, re.IGNORECASE)]


_ELSEWHERE = (
    (
        "Ich weiß das leider nicht",
        "Ich kann das so nicht beantworten",
        "Dazu gibt es keine näheren Angaben",
        "Die Dokumente enthalten dazu nichts",
        "Davon steht nichts in den Unterlagen",
        "Der Preis lässt sich daraus nicht ermitteln",
        "Keine Antwort",
        "Das ist nicht zu beantworten",
    ),
    (
        "Je ne sais pas",
        "Je ne dispose d'éléments, hélas, pas",
        "Je n'ai rien trouvé",
        "Le passage ne mentionne pas ce prix",
        "Les extraits ne permettent pas",
        "Il n'y a aucune information",
        "Impossible de répondre",
        "Aucune mention",
    ),
    (
        "No lo sé",
        "No tengo datos",
        "El documento no menciona el precio",
        "Los textos no lo dicen, no se indica",
        "Sin respuesta",
    ),
    (
        "Non lo so",
        "Non ho trovato nulla",
        "I documenti non riportano il prezzo",
        "Il contesto non lo specifica",
        "Nessuna risposta",
    ),
    ("Eu não sei", "Não foi possível", "Os documentos não mencionam o preço", "O trecho não o indica", "Sem resposta"),
    ("Ik weet het echt niet", "Er is geen verdere informatie", "De documenten vermelden de prijs niet"),
    ("我不知道", "无法从中得出", "没有找到相关内容", "文中未提及", "查不到", "無法回答", "沒有足夠的資訊"),
    (
        "わかりません",
        "答えることができません",
        "情報が見つかりません",
        "記載されていません",
        "特定できません",
        "お答えできかねます",
    ),
)
"""German, French, Spanish, Italian, Portuguese, Dutch, Chinese and Japanese: a sentence for each way to refuse."""
_FACTS = (
    "The treaty does not mention dogs",
    "It is not open on Sundays",
    "No, dogs are not allowed",
    "There is no charge for bicycles",
    "The ferry cannot be booked online",
    "No one answer is right",
    "There is no single answer to that",
    "The handbook that is given to staff says what to do",
    "He never answers his telephone",
    "The museum has no lift",
    "Passengers must not provide false details",
    "I would answer that it costs 5 euros",
    "Please keep your answer short",
    "Call 020 555 to ask our support team",
    "Answer",
    "Nine euros, which is not clear of tax",
    "The boat is out of service",
    "Sie kann um neun Uhr fahren",
    "Le passage coûte neuf euros",
    "No entrar",
    "Il traghetto non parte la domenica",
    "O barco não parte ao domingo",
    "De boot vaart niet op zondag",
    "渡轮九点出发",
    "フェリーは九時に出ます",
)
"""What holds the same words, or a negation, and tells something."""


@pytest.mark.parametrize(("place", "sentence"), [*enumerate(_OWN)])
def test_each_form_is_needed(place: int, sentence: str) -> None:
    """There is a refusal that no other form knows; it is taken in any case of letters."""
    assert _matching(ENGLISH, sentence) == [place]
    assert _matching(ENGLISH, sentence.upper()) == [place]


def test_no_form_is_without_an_example() -> None:
    """Whoever adds one says here what it is for."""
    assert (len(_OWN), len(_ELSEWHERE)) == (len(ENGLISH), len(OTHERS))


@pytest.mark.parametrize(
    ("place", "sentence"), [(place, sentence) for place, sentences in enumerate(_ELSEWHERE) for sentence in sentences]
)
def test_refusals_of_other_languages_are_known(place: int, sentence: str) -> None:
    """By the form of their language; English has no part in it."""
    assert place in _matching(OTHERS, sentence)
    assert not _matching(ENGLISH, sentence)


@pytest.mark.parametrize("sentence", _FACTS)
def test_a_fact_is_no_refusal(sentence: str) -> None:
    """Although it holds a negation or the words of one."""
    assert not _matching(ENGLISH, sentence)
    assert not _matching(OTHERS, sentence)


@pytest.mark.parametrize(
    ("source", "known"),
    [
        ("context", True), ("contexts", True), ("10-K", True), ("10q", True), ("data set", True), ("faqs", True),
        ("knowledge base", True), ("search results", True), ("available tariff tables", True), ("treaty", False),
        ("museum", False), ("ferry", False), ("", False),
    ],
)  # fmt: skip
def test_what_an_answer_calls_its_sources_is_known(source: str, *, known: bool) -> None:
    """And told from what a text may be about: a treaty that does not mention dogs is a fact."""
    assert bool(re.fullmatch(SOURCES, source, re.IGNORECASE)) == known


@pytest.mark.parametrize("sentence", ["", " ", "?", "…", "—", "\n", "0", "NaN"])
def test_what_says_nothing_is_no_form(sentence: str) -> None:
    """An empty answer refuses for being empty, which is told elsewhere and by another sentence."""
    assert not _matching((*ENGLISH, *OTHERS), sentence)


@pytest.mark.parametrize("form", [*ENGLISH, *OTHERS])
def test_forms_take_nothing_out_of_the_whole(form: str) -> None:
    """They are put together as alternatives: a group of their own would shift the others', and a flag hold for all."""
    compiled = re.compile(form)
    assert compiled.groups == 0
    assert "(?i" not in form
    assert "\u2019" not in form.replace("['’-]", "").replace("[\\w'’-]", "")


def implies(form: Sequence[tuple[Any, Any]], signs: re.Pattern[str], behind: str = "x") -> bool:
    """Whether a sign stands in all that a form, as `re` takes it apart, can match; `behind` is what follows it."""
    run = ""
    for place, (code, given) in enumerate(form):
        after = _first(form[place + 1 :], behind)
        if code is codes.LITERAL:
            run += chr(given)
            if signs.search(run + (after if _ends_run(form, place) else "x")):
                return True
            continue
        run = ""
        match code:
            case codes.SUBPATTERN | codes.ASSERT:
                sure = implies(given[-1], signs, after)
            case codes.BRANCH:
                sure = all(implies(branch, signs, after) for branch in given[1])
            case codes.MAX_REPEAT | codes.MIN_REPEAT:
                sure = given[0] > 0 and implies(given[2], signs)
            case codes.IN:
                sure = all(kind is codes.LITERAL and signs.search(chr(char)) for kind, char in given)
            case _:
                sure = False
        if sure:
            return True
    return False


def _ends_run(form: Sequence[tuple[Any, Any]], place: int) -> bool:
    return place + 1 == len(form) or form[place + 1][0] is not codes.LITERAL


def _first(rest: Sequence[tuple[Any, Any]], behind: str) -> str:
    """A space where no letter can follow, else a letter."""
    if not rest:
        return behind
    code, given = rest[0]
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT) and given[0] > 0:
        code, given = given[2][0]
    spaces = code is codes.IN and list(given) == [(codes.CATEGORY, codes.CATEGORY_SPACE)]
    return " " if spaces or code is codes.AT else "x"


@pytest.mark.parametrize(
    ("forms", "signs"), [(ENGLISH, (*SIGNS, r"no\b")), (OTHERS, (*SIGNS_ELSEWHERE, r"[^\x00-\x7f]"))]
)
def test_no_form_is_found_where_none_of_its_signs_stands(forms: Sequence[str], signs: Sequence[str]) -> None:
    """Signs are looked for first, so a form that could do without one would be passed over."""
    any_sign = re.compile("|".join(signs), re.IGNORECASE)
    without = [form for form in forms if not form.startswith("^") and not implies(parser.parse(form), any_sign)]
    assert without == []


def test_a_form_that_opens_a_text_has_no_other_way() -> None:
    """It is tried at the beginning alone."""
    for form in ENGLISH:
        assert not form.startswith("^") or parser.parse(form)[0] == (codes.AT, codes.AT_BEGINNING), form


def test_a_form_without_a_sign_is_seen() -> None:
    """In one branch alone, or where the sign may go on as another word."""
    signs = re.compile(r"no\b|unable", re.IGNORECASE)
    for form in ("unable|able", "unable|no", "(?:unable)?", r"no\w+", r"(?:no|unable)ty", "no?"):
        assert not implies(parser.parse(form), signs), form
    for form in (r"unable|no\b", r"(?:unable)+", r"no\s+", r"a (?:no|unable)\b"):
        assert implies(parser.parse(form), signs), form
