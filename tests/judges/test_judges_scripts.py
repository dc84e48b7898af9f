"""Words and sentences in scripts that write no spaces, no stops, or vowels as marks."""

import pytest

from rag_eval.language.sentences import sentences
from rag_eval.language.words import terms, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("阅览室8点开放", ["阅", "览", "室", "8", "点", "开", "放"]),
        ("ราคาสิบบาท", ["ราคา", "คาสิ", "สิบ", "บบา", "บาท"]),
        ("ຫ້ອງ 20", ["ຫ້ອ", "ອງ", "20"]),
        ("အခန်း ၂၀", ["အခန်း", "၂၀"]),
        ("ស្ថិតនៅ", ["ស្ថិត", "តនៅ"]),
        ("संग्रहालय सोमवार को बंद", ["संग्रहालय", "सोमवार", "को", "बंद"]),
        ("வண்டி நிலையம்", ["வண்டி", "நிலையம்"]),
        ("المتحف مُغلق", ["المتحف", "مُغلق"]),
        ("박물관은 월요일에", ["박물관은", "월요일에"]),
        ("naïve cafe\u0301, don't", ["naïve", "cafe\u0301", "don't"]),
    ],
)
def test_words_of_any_script(text: str, words: list[str]) -> None:
    """Signs, pairs of syllables, or words with their vowel signs; never a whole sentence as one word."""
    assert tokens(text) == words


def test_vowel_signs_tell_words_apart() -> None:
    """Accents are folded, as before; what is a vowel in another script is not."""
    assert terms("café") == terms("cafe\u0301") == terms("cafe")
    assert terms("दिन") != terms("दीन")
    assert terms("พิษ") != terms("พืช")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("阅览室八点开放。“周一闭馆。”儿童免费！", ["阅览室八点开放。", "“周一闭馆。”", "儿童免费！"]),
        ("सोमवार को बंद है। टिकट बीस रुपये का है॥", ["सोमवार को बंद है।", "टिकट बीस रुपये का है॥"]),
        ("هل المتحف مفتوح؟ نعم.", ["هل المتحف مفتوح؟", "نعم."]),
        ("یہ بند ہے۔ ٹکٹ بیس کا ہے۔", ["یہ بند ہے۔", "ٹکٹ بیس کا ہے۔"]),
        ("ค่าเข้าชมสิบบาท ห้ามถ่ายภาพ", ["ค่าเข้าชมสิบบาท", "ห้ามถ่ายภาพ"]),
        ("ค่าเข้าชม 20 บาท", ["ค่าเข้าชม 20 บาท"]),
        ("長さは３．５メートル．幅は２メートル．", ["長さは３．５メートル．", "幅は２メートル．"]),
    ],
)
def test_sentences_of_any_script(text: str, parts: list[str]) -> None:
    """They end at the stops of their script, with the quotation marks after it, and in Thai at spaces."""
    assert sentences(text) == parts
