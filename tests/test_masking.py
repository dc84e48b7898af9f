"""A secret is left out of a text, however a service may have written it back."""

import base64
import json
from collections.abc import Callable
from html import escape
from urllib.parse import quote, quote_plus

import pytest

from rag_eval.masking import mask

SECRETS = ["canary-pa$$ w0rd-1234", "canary/query+8910=abcdef", "kä<y>\"&'x-12345", "a1b2c3d", "s3c!"]
WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in JSON": lambda secret: json.dumps(secret)[1:-1],
    "in JSON in JSON": lambda secret: json.dumps(json.dumps(secret)),
    "in JSON, letters as they are": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "with every sign escaped": lambda secret: "".join(f"\\u{ord(sign):04x}" for sign in secret),
    "with some signs escaped": lambda secret: secret[:2] + "".join(f"\\u{ord(sign):04X}" for sign in secret[2:]),
    "with slashes escaped": lambda secret: secret.replace("/", "\\/"),
    "in an address": lambda secret: quote(secret, safe=""),
    "in a path": quote,
    "in a form": quote_plus,
    "in an address, in small letters": lambda secret: quote(secret, safe="").replace("%2F", "%2f"),
    "in an address, every sign": lambda secret: "".join(f"%{byte:02X}" for byte in secret.encode()),
    "in a page": escape,
    "in hex": lambda secret: secret.encode().hex() if len(secret) >= 8 else secret,
    "in base64": lambda secret: base64.b64encode(secret.encode()).decode() if len(secret) >= 8 else secret,
    "in base64 behind a name": lambda secret: (
        base64.urlsafe_b64encode(f"ada:{secret}".encode()).decode() if len(secret) >= 8 else secret
    ),
    "in a page, by numbers": lambda secret: "".join(f"&#{ord(sign)};" for sign in secret),
}


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("how", WRITTEN)
def test_a_secret_is_masked_however_it_is_written(secret: str, how: str) -> None:
    """In messages and in answers, short ones too; what stands around it stays."""
    written = WRITTEN[how](secret)
    for shortest in (6, 16):
        masked = mask(f"You sent [{written}], said x\\n.", {secret, "another-secret-of-somebody"}, shortest)
        assert masked.startswith("You sent [")
        assert masked.endswith("], said x\\n.")
        assert written not in masked
        assert "***" in masked


@pytest.mark.parametrize("word", ["ferry", "2024", "abc", ""])
def test_a_word_is_left_alone(word: str) -> None:
    """A password that is a word, or a year, does not change what an answer says."""
    assert mask(f"the {word} leaves at nine \\n%20", {word}, 16) == f"the {word} leaves at nine \\n%20"


def test_a_short_secret_inside_a_word() -> None:
    """A short one is masked where it stands alone."""
    assert mask("a1b2 and xa1b2y", {"a1b2"}, 16) == "*** and xa1b2y"
