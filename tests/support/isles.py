"""A clean set of 300 questions over 30 invented islands, for planting defects into.

Ten facts an island, each in a section of its own page; nine of ten questions are answered there, worded in other words
than the page, the tenth is asked for nowhere.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random

from pydantic import JsonValue

from rag_eval.dataset import manifest, writing
from rag_eval.dataset.writing import DatasetInfo, WriteResult
from rag_eval.records import Case

NAMES = (
    "Brennay", "Corvaig", "Dunmhor", "Eilsay", "Farra", "Grunna", "Hestan", "Innisver", "Jorsay", "Kellin",
    "Lathay", "Mornish", "Norvay", "Orbost", "Pabbin", "Quern", "Ronsay", "Skarpa", "Torsa", "Ulvay",
    "Vallin", "Wiay", "Yarrow", "Zennay", "Arnish", "Boreray", "Calvin", "Drasay", "Ensay", "Fuglay",
)  # fmt: skip
_CRAFTS = ("weaving", "boatbuilding", "cheese making", "rope making", "pottery", "salt panning")
_BIRDS = ("puffins", "storm petrels", "gannets", "corncrakes", "kittiwakes", "skuas")
_STONES = ("gneiss", "basalt", "red sandstone", "schist", "granite", "gabbro")

Fact = Callable[[str, Random], tuple[str, str, str, str]]
"""Heading, what the page says, a question, its reference."""


def _light(name: str, rng: Random) -> tuple[str, str, str, str]:
    year, height = rng.randrange(1810, 1899), rng.randrange(21, 59)
    return (
        "Lighthouse",
        (
            f"Building of the tower on the western head took four summers. The lamp was lit for the first time in "
            f"{year}, and its beam shows {height} metres above the sea."
        ),
        f"In which year did {name}'s light begin to shine?",
        f"It was first lit in {year}.",
    )


def _ferry(name: str, rng: Random) -> tuple[str, str, str, str]:
    price, minutes = rng.randrange(6, 29), rng.randrange(25, 95)
    return (
        "Ferry",
        (
            f"Two boats a day cross from the mainland pier. A single for a foot passenger is £{price}, and the "
            f"crossing lasts {minutes} minutes in fair weather."
        ),
        f"How much does somebody without a car pay to get across to {name}?",
        f"A foot passenger's single is £{price}.",
    )


def _people(name: str, rng: Random) -> tuple[str, str, str, str]:
    now, then = rng.randrange(40, 390), rng.randrange(400, 990)
    return (
        "People",
        f"At the last census {now} inhabitants were counted. Before the great storm the number had stood at {then}.",
        f"How large is the population of {name} today?",
        f"The last census counted {now} inhabitants.",
    )


def _craft(name: str, rng: Random) -> tuple[str, str, str, str]:
    craft, many = rng.choice(_CRAFTS), rng.randrange(3, 19)
    return (
        "Work",
        f"Most households live by {craft}, which {many} workshops around the harbour practise all winter.",
        f"What do families on {name} mainly earn their living with?",
        f"Most of them live by {craft}.",
    )


def _birds(name: str, rng: Random) -> tuple[str, str, str, str]:
    bird, pairs = rng.choice(_BIRDS), rng.randrange(200, 9000)
    return (
        "Wildlife",
        f"The northern cliffs are closed from April to July, when {pairs} pairs of {bird} breed there.",
        f"Which animals nest at the north end of {name}?",
        f"Breeding {bird}, {pairs} pairs of them.",
    )


def _stone(name: str, rng: Random) -> tuple[str, str, str, str]:
    stone, height = rng.choice(_STONES), rng.randrange(80, 640)
    return (
        "Rock",
        f"The ground is {stone} throughout. Its highest summit, the Stack, reaches {height} metres.",
        f"What kind of geology lies beneath {name}?",
        f"The ground is {stone}.",
    )


def _school(name: str, rng: Random) -> tuple[str, str, str, str]:
    pupils, teachers = rng.randrange(4, 38), rng.randrange(1, 4)
    return (
        "School",
        (
            f"The schoolhouse by the chapel has {pupils} pupils and {teachers} teachers; older children board on the "
            "mainland from Monday to Friday."
        ),
        f"How many children are taught at the village school of {name}?",
        f"It has {pupils} pupils.",
    )


def _shop(name: str, rng: Random) -> tuple[str, str, str, str]:
    opens, closes = rng.randrange(7, 10), rng.randrange(16, 20)
    return (
        "Shop",
        f"The cooperative store opens at {opens}:30 and shuts at {closes}:00 on weekdays. On Sundays it stays closed.",
        f"Until what hour can one buy groceries on {name} from Monday to Friday?",
        f"The store shuts at {closes}:00 on weekdays.",
    )


def _water(name: str, rng: Random) -> tuple[str, str, str, str]:
    loch, litres = rng.randrange(2, 9), rng.randrange(12, 88)
    return (
        "Water",
        f"Drinking water is piped from {loch} hill lochs. In a dry August each house is held to {litres} litres a day.",
        f"What limit applies to tap use on {name} when a summer is dry?",
        f"Each house is held to {litres} litres a day.",
    )


_FACTS: tuple[Fact, ...] = (_light, _ferry, _people, _craft, _birds, _stone, _school, _shop, _water)
_UNASKED = (
    "Is there a vet who visits {name} regularly?",
    "Which bank has a branch for the residents of {name}?",
    "Where may campers light a fire while staying on {name}?",
    "Who is the present owner of the {name} estate?",
    "What wifi speed can guests of {name} expect?",
)


def pages(seed: int = 7) -> dict[str, str]:
    """Passage id to text."""
    return {key: text for key, text, _ in _passages(seed)}


def _passages(seed: int) -> list[tuple[str, str, tuple[str, str]]]:
    rng = Random(seed)
    found = []
    for name in NAMES:
        for fact in _FACTS:
            heading, told, question, reference = fact(name, rng)
            key = f"{name.lower()}#{heading.lower()}"
            found.append((key, f"{name}: {heading}\n{told}", (question, reference)))
    return found


def cases(seed: int = 7) -> list[Case]:
    """The 300 cases: 270 answered by their passage, 30 by none."""
    kinds = ("single-fact", "numeric", "paraphrased")
    found = [
        Case(
            id=f"isle-{number:03d}",
            user_input=question,
            reference=reference,
            reference_contexts=(text,),
            reference_context_ids=(key,),
            tags=(kinds[number % len(kinds)],),
            metadata={"spans": [_span(key, text)]},
        )
        for number, (key, text, (question, reference)) in enumerate(_passages(seed))
    ]
    nowhere = [
        Case(
            id=f"isle-u{n:02d}", user_input=_UNASKED[n % 5].format(name=name), answerable=False, tags=("unanswerable",)
        )
        for n, name in enumerate(NAMES)
    ]
    return [*found, *nowhere]


FEW = 140
"""Cases of `few`: as many as no check finds too few."""


def few() -> list[Case]:
    """The cases of the first fourteen islands."""
    every, answered = cases(), 14 * len(_FACTS)
    return [*every[:answered], *every[-len(NAMES) :][: FEW - answered]]


def write_few(folder: Path, said: list[Case] | None = None) -> WriteResult:
    """A dataset folder of them, or of those that are given, with the corpus of their islands."""
    there = {name.lower() for name in NAMES[:14]}
    corpus = {key: text for key, text in pages().items() if key.partition("#")[0] in there}
    return write(folder, few() if said is None else said, corpus)


def _span(key: str, text: str) -> dict[str, JsonValue]:
    start = text.index("\n") + 1
    return {
        "context_id": key,
        "document": key.partition("#")[0],
        "start": start,
        "end": len(text),
        "text": text[start:],
    }


def write(folder: Path, said: list[Case], corpus: dict[str, str] | None = None) -> WriteResult:
    """A dataset folder of some cases with the corpus of the islands, or another."""
    rows = ({"id": key, "text": text} for key, text in (pages() if corpus is None else corpus).items())
    source = manifest.Source(path="isles", sha256="0" * 64, rows=270)
    about = DatasetInfo(name="isles", sources=(source,), corpus=source)
    extras = {writing.CORPUS: writing.table(rows, {"id": "string", "text": "string"})}
    return writing.write(folder, said, lambda _: about, extras)
