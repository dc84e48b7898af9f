"""Secrets and personal data out of texts, by documented patterns; what has a check digit is checked.

It masks what has a form: keys, tokens, passwords that are called so, addresses, numbers. Names of people and postal
addresses have none and stay; whoever reviews the questions is asked to look for those. The table in `docs/datasets.md`
is made from `PATTERNS`.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from typing import Final


def _luhn(text: str) -> bool:
    """Whether the digits are a card's: their last one checks the others (ISO/IEC 7812-1)."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[::-2]) + sum(doubled)) % 10 == 0


def _iban(text: str) -> bool:
    """Whether it is an account's number: 1 modulo 97 once letters are numbers (ISO 13616)."""
    plain = re.sub(r"\s", "", text).upper()
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def _address(text: str) -> bool:
    """Whether it is one; `a::b`, which is code, has no digit."""
    try:
        return any(map(str.isdigit, text)) and not ip_address(text).is_unspecified
    except ValueError:
        return False


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
    """A check of what the form found."""


def _pattern(name: str, what: str, form: str, holds: Callable[[str], bool] = _always) -> Pattern:
    return Pattern(name, what, re.compile(form, re.IGNORECASE if form.startswith("(?i)") else 0), holds)


PATTERNS: Final = (
    _pattern(
        "PRIVATE_KEY", "PEM private keys",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.|\n)*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    ),
    _pattern("TOKEN", "JSON Web Tokens", r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    _pattern(
        "API_KEY", "keys of AWS, GitHub, GitLab, Google, Hugging Face, npm, OpenAI, Anthropic, SendGrid, Slack, Stripe",
        r"\b(?:sk-(?:ant-|proj-)?[\w-]{16,}|(?:AKIA|ASIA)[0-9A-Z]{16}|gh[opsur]_\w{20,}|github_pat_\w{20,}|"
        r"glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|AIza[\w-]{30,}|hf_\w{20,}|npm_\w{30,}|pypi-[\w-]{30,}|"
        r"(?:sk|rk|pk)_(?:live|test)_\w{16,}|SG\.[\w-]{16,}\.[\w-]{16,})",
    ),
    _pattern("TOKEN", "tokens after `Bearer`", r"(?i)\bbearer\s+(?P<secret>[\w.~+/-]{12,}=*)"),
    _pattern(
        "SECRET", "what follows `password`, `secret`, `token`, `api key`, `PIN` and a colon, an equals sign or `is`",
        r"(?i)\b(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api[ _-]?key|pin(?: code)?)\b\s*(?:[:=]|\bis\b)\s*"
        r"[\"'`]?(?P<secret>(?=[^\s\"'`]*[\d\W_])[^\s\"'`,;]{4,})",
    ),
    _pattern("SECRET", "passwords inside URLs", r"(?<=://)(?P<secret>[^\s/:@]+:[^\s/@]+)(?=@)"),
    _pattern("EMAIL", "e-mail addresses", r"\b[\w.%+-]+@(?:[\w-]+\.)+[^\W\d_]{2,}\b"),
    _pattern(
        "IBAN", "bank accounts (IBAN, checked)",
        r"\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b", _iban,
    ),
    _pattern("CARD", "payment cards (checked)", r"(?<![\d.,-])\d(?:[ -]?\d){12,18}(?![\d-])", _luhn),
    _pattern("SSN", "US social security numbers", r"\b(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}\b"),
    _pattern(
        "PHONE", "telephone numbers with a country code, an area code in brackets, or in the American form",
        r"(?<![\w.+-])(?:\+\d{1,3}[ ./-]?(?:\(0?\d{1,5}\)[ ./-]?)?\d(?:[ ./-]?\d){5,12}|"
        r"\(0?\d{2,5}\)[ ./-]?\d(?:[ ./-]?\d){4,9}|\d{3}[ .-]\d{3}[.-]\d{4}|0\d{2,4}[ /-]\d{3,4}[ -]?\d{3,5})(?![\w-])",
    ),
    _pattern("MAC", "MAC addresses", r"\b(?:[\dA-Fa-f]{2}[:-]){5}[\dA-Fa-f]{2}\b"),
    _pattern(
        "IP", "IP addresses",
        r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[\dA-Fa-f]{0,4}:){2,7}[\dA-Fa-f]{1,4})(?![\w:]|\.\d)", _address,
    ),
)  # fmt: skip
"""In the order in which they are looked for: what is masked is not looked at again."""

_MASKED: Final = re.compile(r"<[A-Z_]+_\d+>")


@dataclass
class Masker:
    """Masks the texts of one case: the same value gets the same name in all of them."""

    counts: Counter[str] = field(default_factory=Counter)
    """Name of a pattern to how often it was found."""
    _names: dict[str, str] = field(default_factory=dict)

    def mask(self, text: str) -> str:
        """The text with everything that a pattern finds replaced."""
        for pattern in PATTERNS:
            text = pattern.form.sub(partial(self._replaced, pattern), text)
        return text

    def _replaced(self, pattern: Pattern, match: re.Match[str]) -> str:
        group = "secret" if "secret" in pattern.form.groupindex else 0
        found = match[group]
        if _MASKED.search(found) or not pattern.holds(found):
            return match[0]
        self.counts[pattern.name] += 1
        if found not in self._names:
            number = 1 + sum(name.startswith(f"<{pattern.name}_") for name in self._names.values())
            self._names[found] = f"<{pattern.name}_{number}>"
        start, end = (match.start(group) - match.start(), match.end(group) - match.start())
        return match[0][:start] + self._names[found] + match[0][end:]
