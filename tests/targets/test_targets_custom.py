"""Somebody else's target."""

import asyncio

import pytest

from rag_eval import targets
from rag_eval.errors import ConfigError
from rag_eval.targets.context import TargetContext
from rag_eval.targets.custom import CustomTargetConfig


def test_somebody_elses_target() -> None:
    """`use: package.module:name` makes a target out of a class and its options."""
    said = CustomTargetConfig(kind="custom", use="builtins:dict", options={"a": 1})

    async def scenario() -> object:
        async with targets.connect(said, TargetContext()) as target:
            return target

    assert asyncio.run(scenario()) == {"a": 1}
    with pytest.raises(ConfigError, match="cannot be imported"):
        targets.check(CustomTargetConfig(kind="custom", use="no.such:thing"))
