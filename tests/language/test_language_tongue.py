"""In which language a text is written."""

import pytest

from rag_eval.language.tongue import language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The office of the harbour is open from nine to five.", "en"),
        ("Das Büro des Hafens ist von neun bis fünf geöffnet, und die Boote zahlen nach der Länge.", "de"),
        ("Le bureau du port est ouvert de neuf heures à cinq heures, et les bateaux paient par la longueur.", "fr"),
        ("La oficina del puerto está abierta de nueve a cinco y los barcos pagan por la longitud.", "es"),
        ("L'ufficio del porto è aperto dalle nove alle cinque e le barche non pagano per la lunghezza.", "it"),
        ("O escritório do porto não é um lugar para os barcos que pagam com uma moeda.", "pt"),
        ("Het kantoor van de haven is open en de boten betalen niet voor het water.", "nl"),
        ("港口办公室九点开门。", "zh"),
        ("港の事務所は九時に開きます。", "ja"),
        ("항구 사무실은 아홉 시에 엽니다.", "ko"),
        ("Портовая контора открыта с девяти.", "ru"),
        ("مكتب الميناء مفتوح", "ar"),
        ("42", None),
        ("", None),
        ("Kontor", None),
    ],
)
def test_language(text: str, code: str | None) -> None:
    """By its script, else by its commonest words; None where they do not tell."""
    assert language(text) == code
