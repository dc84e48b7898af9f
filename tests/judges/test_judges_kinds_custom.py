"""Somebody else's judge is built from its options when it is opened."""

import asyncio
import json

import pytest
from pydantic import BaseModel
from support.scripted import Scripted

from rag_eval.errors import ConfigError
from rag_eval.judges.embedded.embedder import vector
from rag_eval.judges.kinds.custom import CustomJudgeConfig, check, open_backend, origin


class Verdict(BaseModel):
    """A shape."""

    verdict: int


def make(verdict: int) -> Scripted:
    """A judge that always says the same."""
    return Scripted({"Verdict": {"verdict": verdict}})


built: list[str] = []


def make_slowly() -> Scripted:
    """A judge that notes that it was built."""
    built.append("built")
    return make(1)


def custom(**options: int | str) -> CustomJudgeConfig:
    """A judge's configuration."""
    return CustomJudgeConfig(kind="custom", use=f"{__name__}:make", options=dict(options))


def test_it_is_called_with_its_options() -> None:
    """One that does not embed is helped by the embedder inside."""
    backend = open_backend(custom(verdict=1), 0)
    assert asyncio.run(backend.reply("p", Verdict)).value == Verdict(verdict=1)
    assert asyncio.run(backend.embed(["a"])).value == [vector("a")]
    assert backend.model == f"{__name__}:make"


def test_its_origin_tells_options_apart_and_does_not_hold_them() -> None:
    """They may be secrets."""
    first, second = origin(custom(verdict="s3cret"), 0), origin(custom(verdict="other"), 0)
    assert first != second
    assert "s3cret" not in json.dumps(first)


def test_options_that_it_does_not_take_are_told_before_it_is_asked() -> None:
    """By who validates as well as by who opens it."""
    for look in (check, lambda config: open_backend(config, 0)):
        with pytest.raises(ConfigError, match="cannot be called with options nothing"):
            look(custom(nothing=1))


@pytest.mark.parametrize("use", ["no.such:judge", f"{__name__}:none", "make", "", ":", "a b:c"])
def test_a_judge_that_is_not_there_is_told_before_it_is_asked(use: str) -> None:
    """By the setting that names it, and how that reads."""
    with pytest.raises(ConfigError, match=r"^use: .*cannot be imported.*reads package\.module:name"):
        check(CustomJudgeConfig(kind="custom", use=use))


def test_to_look_builds_nothing() -> None:
    """A judge may be a model that takes minutes to load."""
    built.clear()
    check(CustomJudgeConfig(kind="custom", use=f"{__name__}:make_slowly"))
    assert built == []
