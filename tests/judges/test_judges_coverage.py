"""A list of statements speaks of the whole text that it was made from, in any script."""

import pytest
from support.growth import grows_linearly

from rag_eval.judges.assertions import assertions
from rag_eval.judges.coverage import left_out


def missing(text: str, statements: list[str], question: str = "") -> str:
    """What the statements leave out of a text."""
    return left_out(assertions(text), statements, f"{text}\n{question}")


FERRY = (
    "The ferry leaves Aldermouth at 9:15 on weekdays, and it carries up to 140 passengers. Captain Mira Okafor, who "
    "trained in Bergen, has steered it since 2011. Dogs travel free of charge but bicycles cost four euros."
)
BROKEN_UP = [
    "The ferry leaves Aldermouth at 9:15 on weekdays.",
    "The ferry has room for at most 140 passengers.",
    "Mira Okafor is the captain of the ferry.",
    "Mira Okafor received her training in Bergen.",
    "She has been steering the ferry since 2011.",
    "There is no charge for dogs.",
    "Taking a bicycle costs 4 euros.",
]
COPIED = [
    "The ferry leaves Aldermouth at 9:15 on weekdays",
    "it carries up to 140 passengers.",
    "Captain Mira Okafor has steered it since 2011.",
    "Mira Okafor trained in Bergen",
    "Dogs travel free of charge",
    "bicycles cost four euros.",
]

ANY_SCRIPT = {
    "zh": (
        "阅览室上午八点开放。借书证每年收费二十元。儿童可以免费参加周六的故事会。停车场位于大楼后面。",
        [
            "阅览室在早上八点开放。",
            "借书证的费用是每年20元。",
            "周六的故事会儿童能够免费参加。",
            "停车场在大楼的后面。",
        ],
    ),
    "ja": (
        "プールは朝七時に開きます。大人の入場料は五百円です。水泳帽の着用が必要です。駐車場は建物の裏にあります。",
        [
            "プールの開場は朝7時である。",
            "大人の入場料は500円である。",
            "水泳帽を着用する必要がある。",
            "駐車場は建物の裏側にある。",
        ],
    ),
    "th": (
        "พิพิธภัณฑ์เปิดทุกวันยกเว้นวันจันทร์ ค่าเข้าชมสำหรับนักเรียนยี่สิบบาท ห้ามถ่ายภาพภายในห้องจัดแสดง",
        [
            "พิพิธภัณฑ์เปิดทุกวัน ยกเว้นวันจันทร์",
            "นักเรียนเสียค่าเข้าชมยี่สิบบาท",
            "ภายในห้องจัดแสดงห้ามถ่ายภาพ",
        ],
    ),
    "hi": (
        "संग्रहालय सोमवार को बंद रहता है। छात्रों के लिए टिकट बीस रुपये का है। कैमरा अंदर ले जाना मना है।",
        [
            "सोमवार को संग्रहालय बंद होता है।",
            "छात्रों का टिकट बीस रुपये का है।",
            "अंदर कैमरा ले जाने की मनाही है।",
        ],
    ),
    "ko": (
        "수영장은 아침 일곱 시에 문을 엽니다. 성인 입장료는 오천 원입니다. 수영모를 반드시 착용해야 합니다.",
        [
            "수영장이 아침 일곱 시에 문을 연다.",
            "성인의 입장료는 오천 원이다.",
            "수영모 착용은 반드시 필요하다.",
        ],
    ),
    "ar": (
        "يغلق المتحف أبوابه يوم الاثنين. سعر تذكرة الطلاب عشرون ديناراً. يمنع التصوير داخل القاعات.",
        [
            "المتحف يغلق يوم الاثنين.",
            "تذكرة الطلاب سعرها عشرون ديناراً.",
            "التصوير داخل القاعات ممنوع.",
        ],
    ),
    "ru": (
        "Бассейн открывается в семь утра. Билет для взрослых стоит триста рублей. Шапочка для плавания обязательна.",
        [
            "Бассейн открывают в семь утра.",
            "Взрослый билет стоит триста рублей.",
            "Для плавания обязательно нужна шапочка.",
        ],
    ),
    "de": (
        "Das Schwimmbad öffnet um sieben Uhr. Erwachsene zahlen fünf Euro Eintritt. Im Winter ist die Rutsche zu.",
        [
            "Um sieben Uhr wird das Schwimmbad geöffnet.",
            "Der Eintritt für Erwachsene beträgt fünf Euro.",
            "Die Rutsche bleibt im Winter zu.",
        ],
    ),
}


@pytest.mark.parametrize("statements", [BROKEN_UP, COPIED, [FERRY], [*COPIED, "Something else altogether."]])
def test_all_that_is_said_may_be_said_in_other_words_and_other_sentences(statements: list[str]) -> None:
    """Splitting, merging, pronouns, number words and other words for the same leave nothing out."""
    assert missing(FERRY, statements) == ""


@pytest.mark.parametrize("statements", [BROKEN_UP, COPIED])
@pytest.mark.parametrize("place", range(6))
def test_a_clause_less_is_seen(statements: list[str], place: int) -> None:
    """Of a sentence with two clauses both must come back, whichever was left out."""
    kept = [*statements[:place], *statements[place + 1 :]]
    if statements is BROKEN_UP and place == 2:
        return  # that Okafor is the captain stands in three words, two of which the others say
    assert missing(FERRY, kept)


@pytest.mark.parametrize("language", ANY_SCRIPT)
def test_every_script_is_compared(language: str) -> None:
    """Reworded statements pass, one less of them does not, also where no spaces and no stops are written."""
    text, statements = ANY_SCRIPT[language]
    verbatim = assertions(text)
    assert len(verbatim) == len(statements)
    assert missing(text, statements) == missing(text, verbatim) == ""
    for place in range(len(statements)):
        assert missing(text, verbatim[:place] + verbatim[place + 1 :])
        assert missing(text, statements[:place] + statements[place + 1 :]), (language, place)


@pytest.mark.parametrize(
    "around",
    [
        "Sure! {}",
        "Here is what I found:\n{}",
        "# Timetable\n\n{}",
        "{} I hope this helps! Let me know if you have any other questions.",
        "{} Is there anything else you would like to know?",
        "{} The passages do not mention the fare for children.",
        "{} I don't know about the night boats.",
        "{}\n```\ncurl https://ferry.example/timetable\n```\n",
        "{} [1][2]",
        "According to passages 3 and 4, {}",
        "{} (Passage 7)",
        "As an AI language model, I do not have access to timetables. {}",
        "The answer to the question whether it leaves is yes. {}",
        "{0} {0}",
        "Overall, {}",
        "It is important to note that {}",
        "Based on the provided context, {}",
    ],
)
def test_what_states_nothing_may_be_left_out(around: str) -> None:
    """Lead-ins, courtesies, questions, refusals, talk about the sources, headings, code and repetitions."""
    answer = "The ferry leaves at nine. A berth costs 45 euros."
    assert missing(around.format(answer), ["The ferry leaves at nine.", "A berth costs 45 euros."]) == ""
    assert missing(around.format(answer), ["A berth costs 45 euros."])


def test_a_short_answer_is_spoken_of_with_the_words_of_the_question() -> None:
    """`Paris.` makes a statement of which most words stand in the question."""
    assert missing("Paris.", ["The capital of France is Paris."], "What is the capital of France?") == ""
    assert missing("At nine, from pier 4.", ["The ferry leaves at nine."], "When does it leave?")


def test_what_is_left_out_is_shown_as_it_is_written() -> None:
    """The judge is asked again with the words that it left out."""
    assert missing(FERRY, COPIED[:-1]) == "bicycles cost four euros"


def test_the_main_statements_are_enough_where_only_those_were_asked_for() -> None:
    """A phrase less of a sentence is no fault then; a sentence less is."""
    text = "Ada Birch is a Welsh painter, novelist, and food critic. She founded the Tidal Press in 1998."
    claims = ["Ada Birch is a painter and novelist.", "Ada Birch established Tidal Press in 1998."]
    assert left_out(assertions(text), claims, text)
    assert left_out(assertions(text), claims, text, in_part=True) == ""
    assert left_out(assertions(text), claims[:1], text, in_part=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sign", "count"),
    [(" ", 30_000), ("x", 40_000), ("go ", 20_000), ("图", 40_000), ("ก", 40_000), ("** ", 10_000), ("``` \n", 5_000)],
)
def test_long_texts_take_linear_time(sign: str, count: int) -> None:
    """Texts that repeat one sign, as a model in a loop writes them, are read in time in proportion to them."""

    def read(size: int) -> None:
        text = f"a{sign * size}b."
        missing(text, [text, text[: len(text) // 2]])

    assert grows_linearly(read, count)


def test_short_clauses_of_a_sentence_without_spaces_are_missed_together() -> None:
    """Of four that are few signs each, the last two; not where each has a statement in other words."""
    text = "博物馆每周一闭馆，门票二十元，学生半价，儿童免费。"
    listed = ["博物馆在每周一闭馆。", "门票价格为二十元。", "学生票半价。", "儿童可免费入场。"]
    assert left_out([text], listed[:2], text)
    assert not left_out([text], listed, text)
