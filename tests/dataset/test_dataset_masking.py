"""Secrets and personal data out of texts, and nothing else."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.growth import grows_linearly

from rag_eval.dataset.masking import PATTERNS, Masker

_KEY = "aB3dE5gH7jK9mN1pQ3sT5vX7"
_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9"
_PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----"

MASKED = [
    (_PEM, "<PRIVATE_KEY_1>"),
    ("-----BEGIN PRIVATE KEY-----\nMIIE cut off", "<PRIVATE_KEY_1>"),
    ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----.", "<PRIVATE_KEY_1>."),
    (f"jwt {_JWT} here", "jwt <TOKEN_1> here"),
    (f"Authorization: Bearer {_KEY}==", "Authorization: Bearer <TOKEN_1>"),
    (f"sk-{_KEY} sk-proj-{_KEY} sk-ant-api03-{_KEY}", "<API_KEY_1> <API_KEY_2> <API_KEY_3>"),
    ("AKIAIOSFODNN7EXAMPLE", "<API_KEY_1>"),
    (f"ghp_{_KEY} github_pat_11AA_{_KEY}", "<API_KEY_1> <API_KEY_2>"),
    (f"glpat-{_KEY}, xoxb-1234567890-{_KEY}", "<API_KEY_1>, <API_KEY_2>"),
    (f"AIza{_KEY}{_KEY}", "<API_KEY_1>"),
    (f"hf_{_KEY} npm_{_KEY}{_KEY} pypi-{_KEY}{_KEY}", "<API_KEY_1> <API_KEY_2> <API_KEY_3>"),
    (f"sk_live_{_KEY} rk_test_{_KEY} SG.{_KEY}.{_KEY}", "<API_KEY_1> <API_KEY_2> <API_KEY_3>"),
    ("my password is hunter2.", "my password is <SECRET_1>."),
    ("My password is: hunter2", "My password is: <SECRET_1>"),
    ("password: 'tr0ub4dor&3'", "password: '<SECRET_1>'"),
    ("PASSWD=correct-horse-battery-staple", "PASSWD=<SECRET_1>"),
    ('{"password": "hunter2!", "user": "bob"}', '{"password": "<SECRET_1>", "user": "bob"}'),
    ("DB_PASSWORD=hunter2 client_secret = x1y2z3", "DB_PASSWORD=<SECRET_1> client_secret = <SECRET_2>"),
    ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "AWS_SECRET_ACCESS_KEY=<SECRET_1>"),
    ("https://x.org/?access_token=abc123def", "https://x.org/?access_token=<SECRET_1>"),
    ("**Password:** hunter2 (pass: hunter3)", "**Password:** <SECRET_1> (pass: <SECRET_2>)"),
    ("My PIN is 1234, PIN code: 987654", "My PIN is <SECRET_1>, PIN code: <SECRET_2>"),
    ("api key: abcd-1234", "api key: <SECRET_1>"),
    ("postgres://bob:s3cret@db.org/x redis://:pw@h", "postgres://<SECRET_1>@db.org/x redis://<SECRET_2>@h"),
    ("Mail bob.b+x@mail.example.co.uk.", "Mail <EMAIL_1>."),
    ("<bob@example.org>,jürgen@müller.de", "<<EMAIL_1>>,<EMAIL_2>"),
    ("DE89 3704 0044 0532 0130 00 or DE89370400440532013000", "<IBAN_1> or <IBAN_2>"),
    ("ES91 2100 0418 4502 0005 1332 FOR RENT", "<IBAN_1> FOR RENT"),
    ("AT61 1904 3002 3457 3201 BIC X, AT61 1904 3002 3457 3201 2024", "<IBAN_1> BIC X, <IBAN_1> 2024"),
    ("GB82 WEST 1234 5698 7654 32 DE89 3704 0044 0532 0130 00", "<IBAN_1> <IBAN_2>"),
    ("card 4111 1111 1111 1111, 5500-0000-0000-0004", "card <CARD_1>, <CARD_2>"),
    ("4111 1111 1111 1111 12/27 123", "<CARD_1> 12/27 123"),
    ("in 2024 4111 1111 1111 1111", "in 2024 <CARD_1>"),
    ("amex 3782 822463 10005.", "amex <CARD_1>."),
    ("SSN 123-45-6789", "SSN <SSN_1>"),
    ("+49 30 123456-78, +1 (415) 555-2671", "<PHONE_1>, <PHONE_2>"),
    ("(0221) 4710-123, (415) 555-2671, 415-555-2671", "<PHONE_1>, <PHONE_2>, <PHONE_3>"),
    ("Tel. 030 1234567 or 0221/471 0123", "Tel. <PHONE_1> or <PHONE_2>"),
    ("00:1A:2b:3C:4d:5E and 00-1A-2b-3C-4d-5E", "<MAC_1> and <MAC_2>"),
    ("http://10.0.0.5:8080/, IP:192.168.1.17.", "http://<IP_1>:8080/, IP:<IP_2>."),
    ("2001:db8::8a2e:370:7334 or fe80::1 at [2001:db8::1]:443", "<IP_1> or <IP_2> at [<IP_3>]:443"),
]

INNOCENT = [
    "It costs €25.50, 1,250.00 USD or 99.99 % of 1.000.000,00.",
    "On 2024-05-01, 01.05.2024, 5/1/2024 or 01-05-2024 at 10:30, 12:30:45 or 10.30 p.m.",
    "Version 2.10.3, v1.2.3.4, version 10.0.19041.1, 1.2.3-rc.1 and version 1.2.3.4",
    "ISBN 978-3-16-148410-0, ISBN 9780306406157, ISBN 0-306-40615-2, ISBN 9783161484100, ISSN 2049-3630",
    "Order 123456789, order no. 2024-00012345, ticket #4711, invoice INV-2024-0042, SKU 4006381333931",
    "Commit 9fceb02d0ae598e95dc970b74767f19372d61af8, sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b",
    "a::b, std::vec::Vec, Add::add2, f32::MAX, Foo::<u8>::bar, x[1::2], ::before, 0.0.0.0",
    "the password is required",
    "The password is required. A secret is needed: patience; the token is invalid (401).",
    "The password is case-sensitive, 8-20 characters long; the token is 16-digit and the secret is out-of-date.",
    "PIN code, a pin, the PIN; password, secret and token",
    "Password: required. Token: optional, API key: none",
    "password: <your-password>, token=${GITHUB_TOKEN}, secret: $SECRET",
    "Get a token: https://example.org/tokens",
    "A day pass is €25.50, the mountain pass is 2500 m high, day pass: €25.50",
    "bearer certificates, the bearer of 123, Bearer token authentication",
    "hf_tokenizer_from_pretrained_config, sk-learn-compatible-estimators, risk-adjusted-return-2024-model",
    "Smith (2019) 10.1145/3292500, pages (1999) 1234-1250",
    "between 1700000000000 and 1700000086400 ms; 1 000 000 000 000 000; 0000000000000000",
    "@decorator, user@host, a @ b, 5@3, me@localhost",
    "1/2 of 3-4 people, 10-12-14, rooms 101-105, 100 200 300 400, 12 345 678",
    "GB82 is a postcode, DE12 ABCD EFGH is no account, nor is DE00370400440532013000",
    "Card 4111 1111 1111 1112 does not check out; nor does 999.999.999.999 as an address",
    "",
]

CANARIES = (
    _JWT, f"sk-{_KEY}", "AKIAIOSFODNN7EXAMPLE", f"ghp_{_KEY}", f"glpat-{_KEY}", f"hf_{_KEY}", "bob@example.org",
    "DE89 3704 0044 0532 0130 00", "ES9121000418450200051332", "4111 1111 1111 1111", "123-45-6789", "+49 30 12345678",
    "00:1A:2b:3C:4d:5E", "192.168.17.4", "2001:db8::8a2e:370:7334", "password=hunter2xyz", "pwd: 'tr0ub4dor&3'",
)  # fmt: skip


@pytest.mark.parametrize(("text", "masked"), MASKED, ids=lambda text: text[:30].replace("\n", " "))
def test_masked(text: str, masked: str) -> None:
    """What has the form of a secret is replaced by a name, and nothing around it is."""
    assert Masker().mask(text) == masked


def test_every_pattern() -> None:
    """There is an example above of every pattern."""
    texts = [text for text, _ in MASKED]
    assert [one.what for one in PATTERNS if not any(one.form.search(text) for text in texts)] == []


@pytest.mark.parametrize("text", INNOCENT, ids=lambda text: text[:30])
def test_innocent(text: str) -> None:
    """Prices, dates, versions, numbers of books and orders, hashes, code and prose about secrets stay as they are."""
    masker = Masker()
    assert masker.mask(text) == text
    assert not masker.counts


def test_same_name() -> None:
    """A value has one name in all texts of a masker and other values have others; each time is counted."""
    masker = Masker()
    assert masker.mask("a@x.org b@x.org") == "<EMAIL_1> <EMAIL_2>"
    assert masker.mask("b@x.org, a@x.org, 10.0.0.1") == "<EMAIL_2>, <EMAIL_1>, <IP_1>"
    assert masker.counts == {"EMAIL": 4, "IP": 1}
    assert Masker().mask("b@x.org") == "<EMAIL_1>"


def test_value_of_two_patterns() -> None:
    """A value that two patterns find keeps its first name."""
    assert Masker().mask("me: bob1@x.org, password: bob1@x.org") == "me: <SECRET_1>, password: <SECRET_1>"


@pytest.mark.parametrize("text", [text for text, _ in MASKED], ids=lambda text: text[:30].replace("\n", " "))
def test_masked_again(text: str) -> None:
    """What is masked stays as it is when it is masked again."""
    masked = Masker().mask(text)
    assert Masker().mask(masked) == masked


_AROUND = st.text("ab 1.,:;-@/\n(é", max_size=12)


@given(st.lists(st.tuples(_AROUND, st.sampled_from(CANARIES), _AROUND), min_size=1, max_size=4))
def test_no_canary_survives(parts: list[tuple[str, str, str]]) -> None:
    """Whatever text stands around it, no secret that is set apart by a space survives."""
    text = " | ".join(f"{before} {canary} {after}" for before, canary, after in parts)
    masked = Masker().mask(text)
    for _, canary, _ in parts:
        secret = canary.partition("=")[2] or canary.partition("'")[2].strip("'") or canary
        assert secret not in masked


@pytest.mark.parametrize(("one", "other"), list(combinations(CANARIES, 2)))
def test_side_by_side(one: str, other: str) -> None:
    """Of two secrets that only a space parts neither survives."""
    masked = Masker().mask(f"{one} {other}")
    for canary in (one, other):
        assert (canary.partition("=")[2] or canary) not in masked


@given(st.text())
def test_any_text(text: str) -> None:
    """Masking does not fail, and a text is unchanged where nothing was counted."""
    masker = Masker()
    masked = masker.mask(text)
    assert (masked == text) is (not masker.counts)


_HARD = {
    "dashes": "a-", "dots": "a.", "tokens": "eyJ-", "dotted tokens": "eyJaaaaaaaa.", "passwords": "pwd:,",
    "no passwords": "password ", "half": "password=", "pass": "pass=,", "is": "token is ", "emails": "me1@x.org ",
    "at": "a@", "begin": "-----BEGIN ", "key": "-----BEGIN PRIVATE KEY-----", "digits": "1", "spaced": "4 5 ",
    "pairs": "44 ", "fours": "4111 ", "hex": "ab:", "colons": ":", "blanks": " ", "url": "://a:", "sk": "sk-",
    "SG": "SG.", "SG-": "SG.a-", "bearer": "bearer ", "plus": "+1 ", "iban": "DE89 ", "letters": "A", "quotes": "'",
    "stops": ".",
}  # fmt: skip


@pytest.mark.parametrize("name", _HARD)
@pytest.mark.parametrize("head", ["", "a@"])
def test_time(name: str, head: str) -> None:
    """What is hard on patterns takes time in proportion to its length."""
    assert grows_linearly(lambda size: Masker().mask(head + _HARD[name] * (size // len(_HARD[name]))), 50_000)


def test_many_values() -> None:
    """Thousands of different values are named in time in proportion to them."""

    def mask(size: int) -> None:
        text = " ".join(f"u{number}@example.org" for number in range(size))
        assert Masker().mask(text).endswith(f" <EMAIL_{size}>")

    assert grows_linearly(mask, 8000)
