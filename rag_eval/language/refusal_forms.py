"""The sentences by which answers refuse, as regular expressions on text with straight apostrophes, in any case.

What an answer calls its sources tells a refusal, "The text does not mention dogs", from a fact, "The treaty does not
mention dogs"; so do the ends of sentences, "The price is not specified." against "It is not open."
"""

from typing import Final

_NOT: Final = r"(?:\bnot|n't|\bcannot|\bcan't|\bnever)"
_ADVERB: Final = r"(?:\s+(?:\w+ly|yet|even|currently|enough|in fact|to))*"
_STRONG: Final = (
    r"(?:contexts?|passages?|documents?|documentation|docs|texts?|excerpts?|extracts?|sources?|snippets?|materials?|"
    r"knowledge base|(?:search )?results?|information|content|paragraphs?|filings?|corpus|chunks?|references?|"
    r"(?:provided|given|retrieved|available|supplied|above) [\w-]+(?: [\w-]+)?)"
)
_WEAK: Final = (
    r"(?:handbook|manual|guide|policy|pages?|website|site|faqs?|statements?|tables?|reports?|data|10-?[kq]|book|"
    r"articles?|"
    r"records?|files?|brochure|leaflet|booklet|rules?|rulebook|regulations?|instructions|terms|wiki|readme|specifications?|"
    r"catalogue|chapter|section|database|contract|agreement|notes?|conversation|question|transcript|image|data ?set)"
)
_TELLS: Final = r"(?:say|mention|state|specify|tell|indicate|disclose|reveal|clarify|answer|explain)"
_HOLDS: Final = (
    rf"(?:{_TELLS}|provide|contain|include|give|cover|address|discuss|report|have|offer|detail|describe|list|define|"
    r"refer|confirm|break|appear|seem|identify|show|directly|explicitly|specifically|allow|supply|present|note|support|"
    r"touch|elaborate|go into)"
)
_FIND_OUT: Final = (
    r"(?:determine|answer|find|say|tell|provide|calculate|compute|derive|establish|infer|identify|assess|conclude|"
    r"ascertain|know|give|verify|confirm|locate|respond|deduce|extract|judge|evaluate|specify|state|generate)"
)
_FOUND_OUT: Final = (
    r"(?:determined|answered|found|inferred|established|calculated|derived|verified|identified|confirmed|computed|"
    r"ascertained|concluded|deduced|provided|given|assessed|located|extracted)"
)
_GIVEN: Final = (
    r"(?:mentioned|specified|stated|provided|given|covered|addressed|described|included|discussed|disclosed|available|"
    r"listed|indicated|reported|present|contained|found|answered|defined|detailed|explained|shown|clear|evident)"
)
SOURCES: Final = rf"(?:{_STRONG}|{_WEAK})"
_TOPIC: Final = r"(?:topic|subject|question|matter|answer|information|details?|issue)"
_FROM: Final = (
    rf"(?:(?:in|by|within|from|based on|on|using|given|with|among|anywhere in|according to)\s+"
    rf"(?:only\s+|just\s+)?(?:the|this|these|those|any|your|my|our|what|either|all|provided|"
    rf"given)\b[^.;]{{0,40}}?\b{SOURCES}\b)"
)
_SUBJECT: Final = (
    r"\b(?:the|this|these|those|your|my|our|provided|given|available|retrieved|neither|no)\b"
    r"(?:\s+(?!is\b|are\b|was\b|were\b|that\b)[\w'’-]+){0,5}?\s*\b"
)
_GAP: Final = (
    r"(?:(?:\s+(?:that|which)\s+(?:you|i|we|was|were|is|are|have)(?:\s+(?:been|have))?)?"
    r"\s+(?!(?:that|which|who|says?|states?|is|are|was|were|has|have|shows?|explains?|and|but)\b)[\w'’-]+){0,10}?\s*"
)
_I: Final = r"(?:^|[,;:(–—-]\s*|\b(?:that|but|so|therefore|and|because|since|as|afraid|sorry)\s+)(?:i|we)"

ENGLISH: Final = (
    # I do not know
    (
        rf"{_I}\s?(?:do|did|could|can|would|was|were|am|have|will|'m|'re)?\s?{_NOT}(?:\s+\w+ly|\s+able\s+to|"
        rf"\s+been\s+able\s+to)?\s+"
        r"(?:have\s+(?:an?\s+specific|(?:\w+\s+){0,4}?(?:information|answers?|data|access|details?|knowledge|"
        r"context|idea|ability|capability|clue|mention|records?|evidence)\b)|know|answer|find|say|tell|provide|determine|"
        r"confirm|locate|give|assist|help|offer|access|respond|identify|"
        r"calculate|generate|speculate|comment|share|verify|see|recall|remember|sure|certain|aware|familiar|possess|make|"
        r"be of|complete|fulfil|fulfill|discuss|engage|support|understand|advise|compute|browse|look|extract)\b"
    ),
    (
        rf"{_I}(?:\s+(?:am|are|was|were|have been)|'m|'re)\s+(?:currently\s+|sorry,? but\s+)?(?:unable|"
        rf"afraid (?:that )?(?:i|we|the|there|this|no))\b"
    ),
    (
        rf"{_I}(?:'ve| have|'d)?\s+(?:got\s+|currently\s+)?(?:no|insufficient|limited|found no)\s+(?:\w+\s+){{0,3}}?"
        r"(?:information|idea|knowledge|data|details?|answers?|access|record|clue|way|mention|context|evidence)\b"
    ),
    (
        rf"{_I}(?:'m| am|'ll| will)?\s*(?:must (?:decline|refuse)|have to decline|decline|refuse|lack|"
        rf"fail(?:ed)? to find|"
        rf"won't|would need|"
        r"(?:would )?prefer not)\b"
    ),
    # It cannot be told
    rf"^(?:unable|not able|impossible|not possible)\s+to\s+(?:\w+ly\s+)?{_FIND_OUT}\b",
    r"^(?:cannot|can't|could not|don't|do not)\s+(?:be\s+)?(?:answer(?:ed)?|say|know|tell|determined?)\b",
    (
        r"\b(?:not possible|impossible|unable|not able|difficult|cannot|can't|not feasible)\s+(?:for me\s+)?(?:to\s+)?"
        r"(?:\w+ly\s+)?(?:answer|respond to)\s+(?:this|the|that|your)\b"
    ),
    (
        rf"\b(?:not possible|impossible|unable|not able|difficult|"
        rf"not feasible)\s+(?:for me\s+)?to\s+(?:\w+ly\s+)?{_FIND_OUT}\b"
        rf"(?=.*(?:{_FROM}|\bwithout\b|\binformation\b|\bdata\b))"
    ),
    (
        rf"{_FROM}.*\b(?:not possible|impossible|unable|not able|difficult|"
        rf"not feasible)\s+(?:for me\s+)?to\s+(?:\w+ly\s+)?{_FIND_OUT}\b"
    ),
    (
        rf"\b(?:cannot|can't|could not|couldn't|can not)\s+be\s+(?:\w+ly\s+)?{_FOUND_OUT}\b(?=.*(?:{_FROM}|\bwithout\b|"
        rf"\binformation\b))"
    ),
    (
        rf"(?:{_FROM}|\b(?:answer|question)\b).*\b(?:cannot|can't|could not|couldn't|"
        rf"can not)\s+be\s+(?:\w+ly\s+)?{_FOUND_OUT}\b"
    ),
    # The passages do not say
    rf"{_SUBJECT}{_STRONG}{_GAP}(?:do|does|did)\s?{_NOT}{_ADVERB}\s+{_HOLDS}\b",
    rf"{_SUBJECT}{_WEAK}{_GAP}(?:do|does|did)\s?{_NOT}{_ADVERB}\s+{_TELLS}\b",
    (
        rf"{_SUBJECT}{_WEAK}{_GAP}(?:do|does|did)\s?{_NOT}{_ADVERB}\s+(?:"
        r"(?:cover|address|discuss|detail|describe|define|list|report|elaborate on|go into|touch on)\s+"
        r"(?:this|that|it|these|those|anything(?: more| else)?|"
        rf"(?:this|that|the|your)\s+(?:\w+\s+)?{_TOPIC})|"
        r"(?:contain|include|provide|give|have|offer|cover)\s+"
        rf"(?:anything\s+(?:about|on|regarding)\s+(?:this|that|it)|(?:(?:this|that|the|such|any|an)\s+)*(?:\w+\s+)?{_TOPIC})"
        r")(?:\s+(?:at all|anywhere|explicitly|directly|in detail))?(?:,? (?:sorry|unfortunately))?\W*$"
    ),
    rf"{_SUBJECT}{_WEAK}{_GAP}(?:do|does|did)\s?{_NOT}{_ADVERB}\s+(?:describe|address|discuss)\s+(?:how|what|when|who|why)\b",
    rf"{_SUBJECT}{SOURCES}{_GAP}\b(?:says?|mentions?|states?|tells?)\s+nothing\b",
    rf"^(?:none|neither|nothing|nowhere)\b.{{0,20}}?\b{SOURCES}\b.{{0,40}}?\b{_HOLDS}s?\b",
    rf"^(?:no|none of the|neither)\s+(?:\w+\s+)?{SOURCES}{_GAP}\b{_HOLDS}s?\b",
    (
        rf"{_SUBJECT}{SOURCES}{_GAP}\b(?:lacks?|(?:makes?|contains?|provides?|gives?|includes?|has|have|offers?)\s+(?:no|"
        rf"insufficient|nothing|neither))\b"
    ),
    (
        rf"{_SUBJECT}{SOURCES}{_GAP}\b(?:is|are|was)\s?{_NOT}\s+(?:\w+ly\s+)?(?:enough|sufficient|adequate|relevant|clear|"
        rf"available|provided|given|present|included|found|helpful)\b"
    ),
    (
        rf"{_SUBJECT}{SOURCES}{_GAP}\b(?:is|are|was)\s+(?:insufficient|unavailable|missing|incomplete|silent|irrelevant|"
        rf"unclear|unrelated)\b"
    ),
    # There is not enough information
    (
        r"(?:\b(?:no|not enough|insufficient|not sufficient|not any|not adequate)|n't (?:enough|any|sufficient))\s+"
        r"(?!(?:one|single|definitive|universal|simple|right|correct|easy)\b)(?:\w+\s+){0,3}?"
        r"(?:information|mention|answers?|details?|data|context|documents?|passages?|results?)\b"
        r"(?:\s+\w+ly)?(?=\s+(?:about|on|regarding|concerning|to|that|for|of|provided|available|given|found|"
        rf"present|exists?|as to|related|relating|whether|in (?:the|any|this|"
        rf"these)\b[^.;]{{0,40}}{SOURCES}|(?:is|are|was|"
        rf"were|can be|could be|has been) "
        rf"(?:\w+ly )?(?:provided|available|given|found|present|mentioned|included|disclosed))|\W*$)"
    ),
    rf"{_FROM}.*\bno\s+(?:\w+\s+){{0,3}}?answers?\b",
    rf"\b(?:unclear|not (?:\w+ )?clear|unspecified)\b.*{_FROM}|{_FROM}.*\b(?:unclear|not (?:\w+ )?clear|unspecified)\b",
    (
        rf"\bno\s+(?:\w+\s+){{0,2}}?(?:evidence|indication|references?|statement|figures?|discussion|"
        rf"description)\b(?=.*{_FROM})"
    ),
    rf"\bthere (?:is|are|was|were) no\b.{{1,60}}?\b(?:provided|mentioned|specified|stated|given)\b(?:.*{_FROM}|\W*$)",
    r"\bdoes not (?:appear|seem) to be (?:an?|any|enough) (?:\w+ )?(?:answer|information|mention)\b",
    # It is not mentioned in the passages
    (
        rf"(?<!that )(?<!which )(?:^|\b(?:is|are|was|were|has|have|been|being|"
        rf"be))\s?{_NOT}(?:\s+been)?(?:\s+\w+ly)?\s+{_GIVEN}\b.{{0,60}}?{_FROM}"
    ),
    rf"{_FROM},?\s.*\b(?:is|are|was|were)\s?{_NOT}\s+(?:\w+ly\s+)?{_GIVEN}\b",
    rf"\b(?:is|are|was|were)\s?{_NOT}\s+(?:\w+ly\s+)?(?:mentioned|specified|stated|disclosed|indicated)\W*$",
    (
        rf"^(?:the |an |any |this |that |such |specific )*(?:\w+\s+)?(?:answers?|information|details?|"
        rf"data)\b(?:\s+(?!that\b|is\b)[^\s,;]+){{0,12}}?\s+(?:is|are|was|were)?\s?"
        rf"{_NOT}\s+(?:\w+ly\s+)?{_GIVEN}\b"
    ),
    rf"\b{_NOT}\s+(?:\w+ly\s+)?{_GIVEN}\s+in\s+any\s+of\s+the\b",
    # Short forms
    (
        r"^(?:n/?a|n\.a\.|no|none|not)?[\s:]*(?:answer|idea|information|info|results?|found|specified|mentioned|stated|"
        r"provided|"
        r"available|applicable|given|known|sure|relevant \w+|matching \w+|enough \w+)(?: (?:is|was|were|are))?"
        rf"(?: (?:found|available|given|present|provided))?(?:\s+{_FROM}.*)?\W*$(?<!^answer)"
    ),
    r"^(?:n/?a|n\.a\.|unknown|unanswerable|no idea|idk|dunno|null|unclear|nothing (?:was )?found)\W*$",
    (
        r"^(?:no|none|not)\s+(?:relevant\s+|matching\s+|such\s+)?(?:documents?|passages?|results?|information|answers?|"
        r"context)\b.{0,20}\bfound\b"
    ),
    r"\bunanswerable\b|\bquestion (?:is|seems|appears) (?:unclear|ambiguous|incomplete)\b",
    r"\b(?:beyond|outside|out of) (?:the |my |of )*(?:scope|knowledge|capabilit)",
    # Go and ask somebody else
    (
        r"^(?:please|kindly|you (?:should|may want to|might want to|can))\s+(?:contact|reach out to|get in touch with|"
        r"consult|ask|call|email)\b"
        r"(?=[^\d@]*$)(?=.*\b(?:support|customer (?:service|care)|help ?desk|us|our|team|representative|agent|"
        r"professional|administrator)\b)"
    ),
    (
        r"^(?:please|kindly|could you|can you|would you)\s+(?:please\s+)?(?:provide|clarify|rephrase|specify|"
        r"share|give|"
        r"supply|upload)\b"
        r"(?!\s+(?:the|an|your)\s+answer)(?=.*\b(?:questions?|context|documents?|passages?|details?|information|text|"
        r"mean|clarification)\b)"
    ),
)

OTHERS: Final = (
    # German
    (
        r"\bich (?:weiß|weiss|wusste)\b.{0,20}\bnicht\b|\b(?:kann|können|konnte|konnten)\b.{0,80}\b(?:nicht|keine?n?|"
        r"nichts)\b.{0,60}"
        r"\b(?:beantworte[nt]|finden|sagen|geben|bestimmen|bestimmt|ermitteln|helfen|entnehmen|entnommen|machen)\b"
        r"|\bkeine (?:\w+ )?(?:informationen|angaben?|auskunft|antwort|hinweise)\b"
        r"|\b(?:dokumente?n?|texte?n?|kontexte?|passagen?|auszüge?n?|quellen?|unterlagen|abschnitte?n?|handbuch)\b.{0,60}"
        r"\b(?:enthält|enthalten|erwähnt|erwähnen|nennt|nennen|sagt|sagen|steht|stehen|geht|gehen|beantworte[nt]|"
        r"liefert)\b.{0,60}\b(?:nicht|nichts|keine?n?)\b"
        r"|\b(?:nicht|nichts)\b.{0,40}\bin den? (?:\w+ )?(?:dokumente?n?|texte?n?|kontext|passagen?|auszügen|quellen|"
        r"unterlagen)\b"
        r"|\b(?:lässt|lassen) sich\b.{0,80}\bnicht\b.{0,30}\b(?:beantworten|bestimmen|sagen|ermitteln|entnehmen)\b|"
        r"^keine antwort\b|\bnicht (?:zu )?beantwort"
    ),
    # French
    (
        r"\bje (?:ne sais pas|ne (?:peux|suis|dispose|trouve|connais|parviens)\b.{0,30}\bpas|n'ai (?:pas|aucune|"
        r"trouvé aucune|rien trouvé))"
        r"|\b(?:contextes?|passages?|documents?|textes?|extraits?|sources?|informations?)\b.{0,40}\bne (?:\w+ )?"
        r"(?:mentionne(?:nt)?|contien(?:t|nent)|précisent?|fourni(?:t|ssent)|indique(?:nt)?|donne(?:nt)?|permet(?:tent)?|"
        r"dit|disent|répond(?:ent)?) (?:pas|aucune?|rien)\b"
        r"|\b(?:il n'y a|il n'existe) (?:pas|aucune?) (?:\w+ )?(?:d')?(?:informations?|mention|réponse)|"
        r"\b(?:impossible de|il n'est pas possible de) (?:répondre|déterminer|savoir|dire)\b"
        r"|^(?:aucune? (?:information|réponse|mention)|pas de réponse)\b"
    ),
    # Spanish
    (
        r"\bno (?:lo )?(?:sé|puedo|tengo|dispongo|encuentro|encontré|he encontrado|cuento con|es posible|se puede|"
        r"hay (?:suficiente )?(?:información|datos|mención|respuesta))\b"
        r"(?!.{0,3}(?:entrar|pagar))|\b(?:contextos?|pasajes?|documentos?|textos?|fragmentos?|fuentes?|"
        r"información)\b.{0,40}\bno (?:se )?"
        r"(?:menciona|mencionan|contiene|contienen|incluye|incluyen|especifica|especifican|indica|indican|proporciona|"
        r"proporcionan|dice|dicen|da|dan|responde)\b|^sin respuesta\b"
    ),
    # Italian
    (
        r"\bnon (?:lo )?(?:so|posso|sono in grado|ho (?:trovato|abbastanza|informazioni|alcuna)|trovo|dispongo|"
        r"è possibile|ci sono (?:abbastanza |sufficienti )?informazioni)\b"
        r"|\b(?:contest[oi]|passagg[io]|document[oi]|test[oi]|brani?|estratt[oi]|font[ei]|"
        r"informazioni)\b.{0,40}\bnon (?:\w+ )?"
        r"(?:menziona(?:no)?|contengono|contiene|include|includono|specifica(?:no)?|indica(?:no)?|fornisc\w+|dice|dicono|"
        r"riporta(?:no)?|rispond\w+)\b|^nessuna (?:risposta|informazione)\b"
    ),
    # Portuguese
    (
        r"\b(?:eu )?não (?:sei|posso|consigo|tenho|disponho|encontrei|foi possível|é possível|há (?:informaç\w+|dados|"
        r"menção))\b"
        r"|\b(?:contextos?|passagens|passagem|documentos?|textos?|trechos?|fontes?|informaç\w+)\b.{0,40}\bnão (?:\w+ )?"
        r"(?:mencionam?|contém|contêm|incluem?|inclui|especificam?|indicam?|fornecem?|diz|dizem|informam?|respondem?)\b|"
        r"^sem resposta\b"
    ),
    # Dutch
    (
        r"\bik (?:weet|kan|heb|vind|kon)\b.{0,60}\b(?:niet|geen|niets)\b|\bgeen (?:\w+ )?(?:informatie|antwoord|"
        r"gegevens|"
        r"vermelding)\b"
        r"|\b(?:contexten?|passages?|documenten?|document|teksten?|tekst|fragmenten|bronnen)\b.{0,60}"
        r"\b(?:vermeld(?:t|en)|noem(?:t|en)|bevat(?:ten)?|zegt|zeggen|geeft|geven|beantwoord(?:t|en)|"
        r"staat)\b.{0,40}\b(?:niet|geen|niets)\b"
    ),
    # Chinese
    (
        r"我?(?:不知道|不清楚|不确定)|(?:无法|不能|没法)(?:[^，。]{0,12})(?:回答|确定|得知|判断|提供|找到|得出|知道|得到)|没有(?:[^，。]{0,12})(?:提到|提及|提供|说明|包含|"  # noqa: RUF001
        r"找到|足够|相关|信息|答案|资料|记载)"
        r"|未(?:能)?(?:提及|提到|提供|说明|找到|包含|给出)|(?:找不到|查不到|没找到)|無法(?:[^，。]{0,12})(?:回答|確定|得知|判斷|提供|找到)|沒有(?:[^，。]{0,12})(?:提到|"  # noqa: RUF001
        r"提及|提供|說明|包含|找到|足夠|相關|資訊|答案)|抱歉[^。]{0,12}(?:无法|不能|無法)"
    ),
    # Japanese
    (
        r"(?:わかり|分かり|判り)ません|(?:わから|分から)ない|(?:答え|回答)(?:られ|でき|することができ|することはでき|ることができ|ることはでき|は見つかり)(?:ません|ない)"
        r"|(?:情報|記載|記述|言及|答え|回答|データ)(?:が|は|も)?(?:[^。、]{0,12})(?:ありません|ない|ございません|見つかりません|含まれていません|不足し)"
        r"|(?:記載|記述|言及|含ま|示さ|述べら|書か)(?:されて|れて)?(?:い|おり)(?:ません|ない)|(?:特定|判断|確認|提供|お答え|断定)(?:することは)?でき(?:ません|ない|かね)"
    ),
)

SIGNS: Final = (
    "not",
    "n't",
    "never",
    "nothing",
    "insufficient",
    "unable",
    "impossible",
    "difficult",
    "limited",
    "lack",
    "missing",
    "incomplete",
    "irrelevant",
    "silent",
    "neither",
    "decline",
    "refuse",
    "fail",
    "afraid",
    "would need",
    "unclear",
    "unspecified",
    "unavailable",
    "unrelated",
    "unanswerable",
    "ambiguous",
    "beyond",
    "outside",
    "out of",
)
"""One of these, or the word "no", stands in each text in which an English form that need not open it is found."""

SIGNS_ELSEWHERE: Final = (
    "nicht",
    "kein",
    "pas",
    "aucun",
    "rien",
    "possible de",
    "no ",
    "sin respuesta",
    "non ",
    "nessuna",
    "sem resposta",
    "niet",
    "geen",
)
"""The same for the forms of other languages, in texts of plain letters."""
