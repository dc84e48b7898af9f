"""What goes along with requests, whatever the kind of credentials."""

from rag_eval.plugins import AUTHS
from rag_eval.targets.http.credentials import TokenEndpoint


def test_every_kind_says_what_it_is_made_of() -> None:
    """A model under the name by which an experiment names it, and a function that makes credentials of it."""
    for name in AUTHS.builtin:
        kind = AUTHS.load(name)
        assert name in kind.Config.model_fields["kind"].annotation.__args__
        assert callable(kind.credentials)


def test_only_what_is_secret_of_a_form_is_hidden() -> None:
    """A user's name may stand in an answer."""
    form = {"username": "ada", "password": "p", "client_id": "i", "client_secret": "s", "scope": "all"}
    assert TokenEndpoint("http://h", form, "login", "token", "life").secrets == {"p", "s"}
