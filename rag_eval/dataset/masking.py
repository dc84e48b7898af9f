"""Secrets and personal data out of texts, by documented patterns; what has a check digit is checked.

It masks what has a form: keys, tokens, passwords that are called so, addresses, numbers. Names of people and postal
addresses have none and stay; whoever reviews the questions is asked to look for those. The table in `docs/datasets.md`
is made from `PATTERNS`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from string import ascii_uppercase
from typing import Final

_SHORTEST_CARD: Final = 13
_SHORTEST_IBAN: Final = 15
_AS_NUMBERS: Final = str.maketrans({letter: str(number) for number, letter in enumerate(ascii_uppercase, start=10)})
_SHORTEST_PASSWORD: Final = 4
_V4: Final = 4
_PLAIN: Final = re.compile(
    r"[^\W\d_]+(?:[-/.'’_][^\W\d_]+){0,2}"  # a word, or a few
    r"|[€$£¥]?\d+(?:[.,:/–-]\d+)*[€$£¥%]?|\d+-[a-z]+"  # an amount
)


def _luhn(text: str) -> bool:
    """Whether the digits are a card's: their last one checks the others (ISO/IEC 7812-1)."""
    plain = text.replace(" ", "").replace("-", "")
    if len(plain) < _SHORTEST_CARD or len(set(plain)) == 1:
        return False
    digits = [*map(int, plain)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[::-2]) + sum(doubled)) % 10 == 0


def _iban(text: str) -> bool:
    """Whether it is an account's number: 1 modulo 97 once letters are numbers (ISO 13616)."""
    plain = text.replace(" ", "")
    return len(plain) >= _SHORTEST_IBAN and int((plain[4:] + plain[:4]).translate(_AS_NUMBERS)) % 97 == 1


def _address(text: str) -> bool:
    """Whether it is one that can be somebody's; `a::b` and `Add::add2`, which are code, are not."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return (
        any(map(str.isdigit, text))
        and not address.is_unspecified
        and (address.version == _V4 or not address.is_reserved)
    )


def _password(text: str) -> bool:
    """Whether it could be one: `required`, `case-sensitive`, `8-20`, `25.50` and a link are none."""
    core = text.strip("()[]{}<>*_.:!?$…")
    return core.isdecimal() or not (len(core) < _SHORTEST_PASSWORD or "://" in core or _PLAIN.fullmatch(core))


def _always(_: str) -> bool:
    return True


@dataclass(frozen=True)
class Pattern:
    """What is masked, and how it is known."""

    name: str
    """Stands in the text in its place, as in `<EMAIL_1>`."""
    what: str
    """For people."""
    form: re.Pattern[str]
    """Group `secret`, if there is one, is what is masked; else all of it."""
    holds: Callable[[str], bool] = _always
    """A check of what the form found; where it fails, groups of digits are taken away from the end until it holds."""

    def end(self, text: str) -> int:
        """Length of what is to be masked of it; 0 if nothing is."""
        end = len(text)
        while end > 0 and not self.holds(text[:end]):
            end = text.rfind(" ", 0, end)
        return max(end, 0)


def _pattern(name: str, what: str, form: str, holds: Callable[[str], bool] = _always) -> Pattern:
    return Pattern(name, what, re.compile(form, re.IGNORECASE if form.startswith("(?i)") else 0), holds)


PATTERNS: Final = (
    _pattern(
        "PRIVATE_KEY", "PEM private keys",
        r"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    ),
    _pattern("TOKEN", "JSON Web Tokens", r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    _pattern(
        "API_KEY", "keys of AWS, GitHub, GitLab, Google, Hugging Face, npm, OpenAI, Anthropic, SendGrid, Slack, Stripe",
        r"\b(?:(?<!-)sk-(?=[\w-]*\d)(?:ant-|proj-)?[\w-]{16,}|(?:AKIA|ASIA)[0-9A-Z]{16}|gh[opsur]_[A-Za-z\d]{20,}|"
        r"github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|AIza[\w-]{30,}|hf_[A-Za-z\d]{20,}|"
        r"npm_[A-Za-z\d]{30,}|pypi-[\w-]{30,}|"
        r"(?:sk|rk|pk)_(?:live|test)_\w{16,}|SG\.[\w-]{16,}\.[\w-]{16,})",
    ),
    _pattern("TOKEN", "tokens after `Bearer`", r"(?i)\bbearer\s+(?P<secret>(?=[\w.~+/-]*\d)[\w.~+/-]{12,}=*)"),
    _pattern(
        "SECRET", "what follows `password`, `secret`, `token`, `api key`, `PIN` and a colon, an equals sign or `is`",
        r"(?i)(?<![^\W_])(?:pass(?:word|wd|phrase|code)|pass(?=\s*[:=]\s*[\"'`]?[^\s\"'`,;]*[^\W\d_])|pwd|token|"
        r"secret(?:[ _-](?:access[ _-])?key)?|(?:api|access)[ _-]?key|pin(?: code)?)\b[\"'`*]{0,2}\s*"
        r"(?:[:=]=?>?|\bis\b\s*+:?)\**\s*[\"'`]?(?P<secret>[^\s\"'`,;]{3,}[^\s\"'`,;.)\]}>])", _password,
    ),
    _pattern("SECRET", "passwords inside URLs", r"(?<=://)(?P<secret>[^\s/:@]*:[^\s/@]+)(?=@)"),
    _pattern("EMAIL", "e-mail addresses", r"(?<![\w.%+-])[.%+-]*+(?P<secret>[\w.%+-]++@(?:[\w-]+\.)+[^\W\d_]{2,}\b)"),
    _pattern(
        "IBAN", "bank accounts (IBAN, checked)",
        r"\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b", _iban,
    ),
    _pattern("CARD", "payment cards (checked)", r"(?<![\d.,-])(?=[2-6])\d(?:[ -]?\d){12,18}(?![\d-])", _luhn),
    _pattern("SSN", "US social security numbers", r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b"),
    _pattern(
        "PHONE", "telephone numbers with a country code, an area code in brackets, or in the American form",
        r"(?<![\w.+-])(?:\+\d{1,3}[ ./-]?(?:\(0?\d{1,5}\)[ ./-]?)?\d(?:[ ./-]?\d){5,12}|"
        r"\((?:0\d{1,4}|\d{2,3})\)[ ./-]?\d(?:[ ./-]?\d){4,9}|\d{3}[ .-]\d{3}[.-]\d{4}|"
        r"0(?!00)\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5})(?![\w-])",
    ),
    _pattern("MAC", "MAC addresses", r"\b(?:[\dA-Fa-f]{2}[:-]){5}[\dA-Fa-f]{2}\b"),
    _pattern(
        "IP", "IP addresses",
        r"(?<![\w.])(?<!ersion )\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)|"
        r"(?<![\w.:])(?:[\dA-Fa-f]{0,4}:){2,7}[\dA-Fa-f]{1,4}(?![\w:]|\.\d)", _address,
    ),
)  # fmt: skip
"""In the order in which they are looked for: what is masked is not looked at again."""

_MASKED: Final = re.compile(r"<[A-Z_]+_\d+")


@dataclass
class Masker:
    """Masks the texts of one case: the same value gets the same name in all of them."""

    counts: Counter[str] = field(default_factory=Counter)
    """Name of a pattern to how often it was found."""
    _names: dict[str, str] = field(default_factory=dict)
    _numbers: Counter[str] = field(default_factory=Counter)

    def mask(self, text: str) -> str:
        """The text with everything that a pattern finds replaced."""
        for pattern in PATTERNS:
            text = "".join(self._replaced(pattern, text))
        return text

    def _replaced(self, pattern: Pattern, text: str) -> Iterator[str]:
        group = "secret" if "secret" in pattern.form.groupindex else 0
        done, at = 0, 0
        while match := pattern.form.search(text, at):
            secret = match[group]
            length = 0 if _MASKED.search(secret) else pattern.end(secret)
            if length:
                yield text[done : match.start(group)]
                yield self._name(pattern, secret[:length])
                done = at = match.start(group) + length
            else:
                at = match.start(group) + (secret.find(" ") + 1 or len(secret))
        yield text[done:]

    def _name(self, pattern: Pattern, secret: str) -> str:
        self.counts[pattern.name] += 1
        if secret not in self._names:
            self._numbers[pattern.name] += 1
            self._names[secret] = f"<{pattern.name}_{self._numbers[pattern.name]}>"
        return self._names[secret]
