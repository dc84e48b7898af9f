"""Settings by the kind that they name."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ValidationError

from rag_eval.config import AuthConfig, OfKind, TargetConfig
from rag_eval.plugins import AUTHS, JUDGES, TARGETS
from rag_eval.records import Record
from rag_eval.targets.http.auth.bearer import BearerConfig
from rag_eval.targets.http.auth.none import NoAuthConfig
from rag_eval.targets.replay.config import ReplayConfig


class Service(BaseModel):
    """Something that has a setting of several kinds."""

    auth: Annotated[AuthConfig, OfKind(AUTHS, AuthConfig)]


class _Key(Record):
    password_env: str | None = "INNER"


class _Own(TargetConfig):
    kind: Literal["own"] = "own"
    key: _Key = _Key()
    token_env: str = "OUTER"
    other_env: str | None = None
    concurrency: int = 1


def test_the_kind_says_which_model_it_is() -> None:
    """A value is taken as it is, and written with all that its own model has."""
    service = Service.model_validate({"auth": {"kind": "bearer", "token_env": "T"}})
    assert service.auth == BearerConfig(kind="bearer", token_env="T")
    assert Service(auth=service.auth).auth is service.auth
    assert service.model_dump() == {"auth": {"kind": "bearer", "token_env": "T"}}
    assert Service.model_validate_json(service.model_dump_json()) == service


@pytest.mark.parametrize(
    ("value", "where", "kind"),
    [
        ({"kind": "bearer"}, ("auth", "token_env"), "missing"),
        ({"kind": "bearer", "token_env": "T", "x": 1}, ("auth", "x"), "extra_forbidden"),
        ({"kind": "bear"}, ("auth",), "union_tag_invalid"),
        ({"kind": ["bearer"]}, ("auth",), "union_tag_invalid"),
        ({"token_env": "T"}, ("auth",), "union_tag_not_found"),
        ("bearer", ("auth",), "model_attributes_type"),
        (ReplayConfig(kind="replay"), ("auth",), "model_attributes_type"),
    ],
)
def test_a_mistake_is_told_where_it_stands(value: Any, where: tuple[str, ...], kind: str) -> None:
    """As pydantic tells of one in a union that it knows."""
    with pytest.raises(ValidationError) as raised:
        Service.model_validate({"auth": value})
    (mistake,) = raised.value.errors()
    assert (mistake["loc"], mistake["type"]) == (where, kind)


def test_secrets_are_found_at_any_depth() -> None:
    """By the ends of their names; one that is left out is none."""
    assert _Own().variables == ("INNER", "OUTER")
    assert NoAuthConfig().variables == ()


@pytest.mark.parametrize("catalogue", [TARGETS, JUDGES, AUTHS], ids=lambda catalogue: catalogue.group)
def test_each_module_binds_a_model_of_its_own_kind(catalogue: Any) -> None:
    """What stands in a catalogue is what an experiment may name."""
    for name in catalogue.builtin:
        (kind,) = catalogue.load(name).Config.model_fields["kind"].annotation.__args__
        assert kind == name
