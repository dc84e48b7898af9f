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
    "one yes s t d ll re ve m don doesn didn isn aren wasn weren won wouldn shouldn couldn hasn haven hadn"
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

GENERAL_WORDS: Final = _words(
    # what everybody does, in the words of answers
    " include contain involve consist comprise cover feature use utilize apply make create produce build form "
    "develop become turn remain keep stay continue begin start end stop finish complete know consider regard "
    "view think believe find discover learn see look appear seem come go move bring take give get obtain "
    "receive gain acquire have hold provide offer supply present allow enable let permit help assist support "
    "aid serve need require want wish choose select decide determine identify recognize understand show "
    "indicate suggest mean imply refer relate describe explain define call name term note mention state say "
    "tell speak discuss report claim emphasize highlight demonstrate represent reflect reveal ensure check "
    "try attempt seek aim intend plan prepare work act perform conduct carry run operate handle manage deal "
    "lead cause result affect influence impact change vary differ depend follow occur happen exist live stand "
    "put set place add remove increase improve enhance reduce avoid prevent limit address resolve contribute "
    "participate play reach achieve accomplish accord base focus concern locate establish introduce originate "
    "derive expand extend spread compare combine associate connect link lead encounter experience "
    # how things are
    " important significant notable major main key primary crucial essential necessary vital critical central "
    "core basic fundamental general common typical usual normal regular certain particular specific special "
    "unique distinct various several numerous multiple many diverse different similar same other additional "
    "further extra new old recent current modern early late long short large small big great huge little high "
    "low good better best bad well likely possible potential able available useful helpful effective "
    "beneficial popular famous renowned prominent known full whole entire overall total complete "
    "comprehensive detailed clear simple easy difficult hard complex strong wide broad suitable appropriate "
    "relevant related proper correct right actual real true due "
    # and how often or how surely
    " often usually generally typically commonly mainly mostly primarily largely simply especially "
    "particularly specifically eventually initially originally previously currently recently later soon now "
    "always sometimes frequently potentially likely probably perhaps possibly actually really directly "
    "quickly easily together instead rather otherwise however therefore thus additionally also unlike "
    "regardless "
    # things without a subject of their own
    " thing way part kind type sort case fact idea concept aspect element factor feature example instance "
    "point number amount level range variety set process method approach step action activity purpose reason "
    "issue problem question answer passage document text context information detail data source time year "
    "people person someone individual place area role effect benefit advantage option choice condition "
    "situation circumstance order term characteristic quality difference similarity comparison nature form "
    "result outcome "
    # and what stands between words
    " throughout without during between among around across along near against toward towards under until "
    "like unless within outside inside beyond per via "
)
"""Words in which the same thing is said in other words: to support a claim, missing them weighs half."""

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
    "TV": ("television",),
    "WWI": ("world", "war", "i"),
    "WWII": ("world", "war", "2"),
    "WW2": ("world", "war", "2"),
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

QUANTITIES: Final = tuple(
    map(
        _words,
        (
            "euro dollar pound yen cent",
            "kilometre metre centimetre millimetre mile foot inch",
            "kilogram gram tonne pound",
            "second minute hour day week month year",
            "ampere volt watt kilowatt",
            "hectare acre",
        ),
    )
)
"""Units that measure the same: 90 years are not 90 days, but a text may hold 90 years and 90 percent."""

NEGATORS: Final = _words(
    "not no never none neither nor without cannot nobody nothing nowhere unable lack lacks lacking"
)
"""Words that turn what follows them around; "n't" is `not`."""

AUXILIARIES: Final = _words(
    "am is are was were has have had do does did can could may might must shall should will would"
)
"""Verbs that a negation stands behind: with one of them a text says something."""

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
        ("summer", "winter"),
        ("morning", "evening"),
        ("largest biggest tallest longest", "smallest shortest"),
        ("oldest", "youngest"),
        ("clockwise", "counterclockwise anticlockwise"),
        ("strong stronger strongest", "weak weaker weakest"),
        ("buy buys bought", "sell sells sold"),
        ("top", "bottom"),
        ("inside", "outside"),
        ("wet", "dry"),
        ("safe", "unsafe dangerous"),
        ("admit admits admitted confess confesses confessed", "deny denies denied"),
        ("praise praises praised", "criticise criticises criticised criticize criticizes criticized condemn condemned"),
        ("support supports supported", "oppose opposes opposed"),
        ("ahead", "behind"),
        ("guilty convicted", "innocent acquitted"),
        ("profit profits gain gains", "loss losses"),
        ("gained", "lost"),
        ("raise raises raised", "cut cuts lower lowers lowered reduce reduces reduced"),
        ("hired hires hire", "fired fires fire dismissed"),
        ("married", "divorced"),
        ("son", "daughter"),
        ("brother", "sister"),
        ("mother", "father"),
        ("husband", "wife"),
        ("alive", "dead"),
        ("approve approves approved", "reject rejects rejected veto vetoed"),
    )
)
"""Words that cannot both be said of the same thing."""

ALTERNATIVES: Final = (
    _words("monday tuesday wednesday thursday friday saturday sunday"),
    _words("january february march april may june july august september october november december"),
    _words("spring summer autumn winter"),
    _words("red orange yellow green blue purple pink brown black white grey gray amber"),
)
"""Words of a kind of which a thing has one: what is said of Monday is not said of Tuesday."""

NO_MONTHS: Final = _words("may march")
"""What is a month only with a capital letter."""
