"""Targets of every kind, those of somebody else's package among them: found by name, checked, connected."""

import asyncio
from pathlib import Path

import pytest
from support import packages

from rag_eval import configfile, targets
from rag_eval.errors import ConfigError
from rag_eval.records import Answer, Case
from rag_eval.targets import TargetContext

CASE = Case(id="q1", user_input="When does the ferry leave?")
PARROT = """
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from rag_eval import Answer
from rag_eval.config import TargetConfig
from rag_eval.errors import ConfigError


class ParrotConfig(TargetConfig):
    kind: Literal["parrot"]
    word: str = "Polly"
    token_env: str | None = None
    concurrency: int = 1


class Parrot:
    def __init__(self, config, seed):
        self.config, self.seed = config, seed

    async def answer(self, case):
        return Answer(response=f"{self.config.word} says {case.user_input} ({self.seed})")


Config = ParrotConfig


def check(config):
    if not config.word:
        raise ConfigError("target.word: a parrot says something")


@asynccontextmanager
async def connect(config, context):
    yield Parrot(config, context.seed)
"""
HEAD = "name: birds\ndataset: q.jsonl\n"


@pytest.fixture
def parrot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that offers a kind of target, as pip would have installed it."""
    packages.install(tmp_path, monkeypatch, "parrots", PARROT, {"rag_eval.targets": {"parrot": "parrots"}})


@pytest.mark.usefixtures("parrot")
def test_a_kind_of_somebody_else_is_one_module() -> None:
    """Named in an experiment like ours: read, checked, asked, and written back."""
    experiment = configfile.parse(f"{HEAD}target: {{kind: parrot, word: Jack, token_env: PARROT_TOKEN}}\n", "e.yaml")
    target = experiment.target
    assert (target.kind, target.concurrency, target.repetitions, target.asks_live) == ("parrot", 1, 1, True)
    assert target.variables == ("PARROT_TOKEN",)
    assert configfile.parse(configfile.dump(experiment), "again") == experiment
    targets.check(target)

    async def asked() -> Answer:
        async with targets.connect(target, TargetContext(seed=7)) as connected:
            return await connected.answer(CASE)

    assert asyncio.run(asked()).response == "Jack says When does the ferry leave? (7)"
    assert targets.identity(target, "salt") == {"kind": "parrot", "word": "Jack", "token_env": "PARROT_TOKEN"}


@pytest.mark.usefixtures("parrot")
@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("{kind: parrot, wrod: x}", "e.yaml:3: target.wrod: no such key. Did you mean word?"),
        ("{kind: parrot, word: 5}", "e.yaml:3: target.word: Input should be a valid string (found 5)"),
        (
            "{kind: parot}",
            (
                "e.yaml:3: target.kind: there is no kind 'parot'. Did you mean parrot? "
                "There are: http, replay, custom, parrot"
            ),
        ),
    ],
)
def test_its_mistakes_are_told_like_those_of_ours(target: str, message: str) -> None:
    """By file, line and key, with what was meant."""
    with pytest.raises(ConfigError) as raised:
        configfile.parse(f"{HEAD}target: {target}\n", "e.yaml")
    assert str(raised.value) == message


@pytest.mark.usefixtures("parrot")
def test_its_own_check_is_made_before_anything_is_asked() -> None:
    """With its own words."""
    with pytest.raises(ConfigError, match=r"target\.word: a parrot says something"):
        targets.check(configfile.parse(f"{HEAD}target: {{kind: parrot, word: ''}}\n", "e.yaml").target)


def test_what_is_no_kind_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module without a model of its settings, or with one of something else."""
    packages.install(tmp_path, monkeypatch, "mute", "Config = int\n", {"rag_eval.targets": {"mute": "mute"}})
    with pytest.raises(ConfigError, match=r"the kind of target 'mute' is no module whose `Config` derives from"):
        configfile.parse(f"{HEAD}target: {{kind: mute}}\n", "e.yaml")
