"""A judge of somebody else's package: one module, found by an entry point, with nothing of ours touched."""

import asyncio
from pathlib import Path

import pytest
from pydantic import BaseModel
from support import packages
from support.scripted import Memory

from rag_eval import configfile, judges
from rag_eval.errors import ConfigError

ORACLE = """
from typing import Literal

from rag_eval.config import JudgeConfig
from rag_eval.errors import ConfigError
from rag_eval.judges.backend import PlainBackend, embedder_of


class OracleConfig(JudgeConfig):
    kind: Literal["oracle"]
    mood: str = "mild"
    key_env: str | None = None
    concurrency: int = 1


class Oracle:
    def __init__(self, mood):
        self.mood = mood

    async def reply(self, prompt, response_model, sample=""):
        return response_model(text=f"{self.mood}: {prompt}")


Config = OracleConfig


def check(config):
    if config.mood == "angry":
        raise ConfigError("judge.mood: an angry oracle answers nobody")


def origin(config, seed):
    return {"kind": "oracle", "mood": config.mood, "seed": seed}


def open_backend(config, seed):
    return PlainBackend(Oracle(config.mood), embedder_of(None), origin(config, seed), "oracle")
"""
HEAD = "name: omens\ndataset: q.jsonl\ntarget: {kind: replay}\n"


class Omen(BaseModel):
    """What an oracle replies."""

    text: str


@pytest.fixture(autouse=True)
def _oracle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages.install(tmp_path, monkeypatch, "oracles", ORACLE, {"rag_eval.judges": {"oracle": "oracles"}})


def test_it_is_named_in_an_experiment_and_asked() -> None:
    """Read, checked, told by its origin, and written back; the variable of its secret is known."""
    experiment = configfile.parse(f"{HEAD}judge: {{kind: oracle, mood: grim, key_env: ORACLE_KEY}}\n", "e.yaml")
    config = experiment.judge
    assert (config.concurrency, config.is_free, config.variables) == (1, False, ("ORACLE_KEY",))
    assert configfile.parse(configfile.dump(experiment), "again") == experiment
    judges.check(config)
    assert judges.origin(config, 3) == {"kind": "oracle", "mood": "grim", "seed": 3}

    async def asked() -> Omen:
        async with judges.connect(config, Memory(), seed=3, round_=0) as connected:
            assert connected.origin == judges.origin(config, 3)
            return await connected.reply("Will it rain?", Omen)

    assert asyncio.run(asked()) == Omen(text="grim: Will it rain?")


def test_its_mistakes_are_told_like_those_of_ours() -> None:
    """By the file, and by its own check."""
    with pytest.raises(ConfigError, match=r"e\.yaml:4: judge\.moood: no such key\. Did you mean mood\?"):
        configfile.parse(f"{HEAD}judge: {{kind: oracle, moood: x}}\n", "e.yaml")
    with pytest.raises(ConfigError, match=r"judge\.mood: an angry oracle"):
        judges.check(configfile.parse(f"{HEAD}judge: {{kind: oracle, mood: angry}}\n", "e.yaml").judge)
