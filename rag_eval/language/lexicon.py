"""The English that the rule knows: short closed lists, no statistics of any corpus."""

from typing import Final


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _words(text: str) -> frozenset[str]:
    return frozenset(_listed(text))


STOP_WORDS: Final = _words(
    "a an the this that these those and or but nor so yet if then than as at by for from in into of off "
    "on onto out over to up upon with within via about through while since because although though "
    "despite per am is are was were be been being has have had having do does did doing done will would "
    "shall should can could may might must cannot i me my mine we us our ours you your yours he him his "
    "she her hers it its they them their theirs himself herself itself themselves who whom whose which "
    "what when where why how there here not no also just very too more most such both either neither each "
    "other another any some all many much few several own same only again further however therefore thus "
    "one s t d ll re ve m don doesn didn isn aren wasn weren won wouldn shouldn couldn hasn haven hadn"
)
"""Function words; whether they occur says nothing about support."""

COMMON_WORDS: Final = _words(
    "include including known know use used make made year time new called call well part become became "
    "work give given take taken get go come see say said several various including like additionally "
    "according provide provided context based mention mentioned information answer passage document text "
    "state stated example important significant good different various number people thing way often "
    "generally usually typically overall specific specifically following throughout without during "
    "between among around across along near against toward towards under until document emphasize suggest "
    "highlight describe note instance term refer order type case certain simply primarily commonly also"
)
"""Words so common in answers that missing them weighs half."""

ABBREVIATIONS: Final = _words(
    "mr mrs ms dr prof st sr jr no nos vs etc e.g i.e approx inc ltd co corp gen col lt capt sgt rev hon "
    "fig figs vol pp p ca cf al art sec dept est jan feb mar apr jun jul aug sep sept oct nov dec mt ave "
    "a.m p.m"
)
"""Words whose full stop does not end a sentence."""

MONTHS: Final = _listed("january february march april may june july august september october november december")

_TO_TWENTY: Final = _listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_TENS: Final = _listed("thirty forty fifty sixty seventy eighty ninety")

NUMBER_WORDS: Final = {word: str(value) for value, word in enumerate(_TO_TWENTY)} | {
    word: str(30 + 10 * place) for place, word in enumerate(_TENS)
}

ORDINALS: Final = dict(
    zip(
        _listed("1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th"),
        _listed("first second third fourth fifth sixth seventh eighth ninth tenth"),
        strict=True,
    )
)

ALIASES: Final = {
    "US": ("united", "states"),
    "USA": ("united", "states"),
    "UK": ("united", "kingdom"),
    "EU": ("european", "union"),
    "UN": ("united", "nations"),
}
"""Short forms in capitals to the words they stand for."""

SCALES: Final = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "mn": 6, "bn": 9}
"""Words that multiply the number before them, as powers of ten."""

UNITS: Final = {
    spelling: unit
    for unit, spellings in {
        "percent": "% percent percentage pc",
        "euro": "€ euro euros eur",
        "dollar": "$ dollar dollars usd",
        "pound": "£ pound pounds gbp lb lbs",
        "yen": "¥ yen jpy",
        "cent": "cent cents",
        "kilometre": "km kilometre kilometres kilometer kilometers",
        "metre": "m metre metres meter meters",
        "centimetre": "cm centimetre centimetres centimeter centimeters",
        "millimetre": "mm millimetre millimetres millimeter millimeters",
        "mile": "mi mile miles",
        "foot": "ft foot feet",
        "inch": "inch inches",
        "knot": "kn knot knots",
        "kilogram": "kg kilogram kilograms kilo kilos",
        "gram": "g gram grams",
        "tonne": "t ton tons tonne tonnes",
        "litre": "l litre litres liter liters",
        "second": "s sec second seconds",
        "minute": "min mins minute minutes",
        "hour": "h hr hrs hour hours",
        "day": "day days",
        "week": "week weeks",
        "month": "month months",
        "year": "yr yrs year years",
        "ampere": "a amp amps ampere amperes",
        "volt": "v volt volts",
        "watt": "w watt watts",
        "kilowatt": "kw kilowatt kilowatts",
        "hectare": "ha hectare hectares",
        "acre": "acre acres",
    }.items()
    for spelling in spellings.split()
}
"""Spelling to the unit it means."""

NEGATORS: Final = _words(
    "not no never none neither nor without cannot nobody nothing nowhere unable lack lacks lacking"
)
"""Words that turn what follows them around; "n't" is `not`."""

ANTONYMS: Final = tuple(
    (_words(left), _words(right))
    for left, right in (
        ("open opens opened", "closed close closes shut"),
        (
            "allowed allow allows permitted permit permits legal may",
            "prohibited prohibit prohibits forbidden banned disallowed illegal",
        ),
        ("before", "after"),
        ("above over", "below under beneath"),
        (
            "increase increased increases rose rises rise grew",
            "decrease decreased decreases fell falls declined",
        ),
        ("accept accepts accepted", "reject rejects rejected refuse refused"),
        ("include includes included including", "exclude excludes excluded excluding"),
        ("mandatory compulsory required obligatory", "optional voluntary"),
        ("first", "last"),
        ("north northern", "south southern"),
        ("east eastern", "west western"),
        ("left", "right"),
        ("win won wins", "lost lose loses"),
        ("minimum least", "maximum most"),
        ("hot warm", "cold"),
        ("true correct", "false incorrect wrong"),
        ("possible able", "impossible unable"),
        ("same", "different"),
        ("enabled enable enables", "disabled disable disables"),
        ("free", "charged paid"),
        ("early earlier", "late later"),
        ("more", "less fewer"),
        ("high higher highest", "low lower lowest"),
        ("public", "private"),
        ("always", "never"),
        ("male", "female"),
        ("import imports imported", "export exports exported"),
    )
)
"""Words that cannot both be said of the same thing."""
