"""What a service is made of: what the settings ask for, nothing else, and nothing of it is left open."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from staging.serving import Configure

from rag_eval.staging.cache import MemoryCache
from rag_eval.staging.errors import CorpusError, SettingsError, Unreachable
from rag_eval.staging.parts import Parts, build


class Part:
    """Remembers that it was closed."""

    model = "played"

    def __init__(self, name: str, closed: list[str]) -> None:
        self.name, self.closed = name, closed

    async def aclose(self) -> None:
        """Remember."""
        self.closed.append(self.name)


def close(parts: Parts) -> None:
    """Let go of all of it, as at the end of the service."""

    async def work() -> None:
        async with parts.closing:
            pass

    asyncio.run(work())


def states(parts: Parts) -> dict[Any, Any]:
    """How each part is."""
    return dict(asyncio.run(parts.states()))


def test_a_service_as_it_comes_has_no_parts_outside(configure: Configure) -> None:
    """Neither a model, nor a vector store, nor Redis, and so no circuit around any of them."""
    parts = build(configure())
    assert (parts.writer, parts.vectors, parts.circuits) == (None, None, {})
    assert isinstance(parts.cache, MemoryCache)
    assert states(parts) == {"llm": "off", "retrieval": "off", "redis": "off"}
    close(parts)


def test_who_may_log_in_is_there_from_the_beginning(configure: Configure, tmp_path: Path) -> None:
    """With the password that the settings have now, under the id of before."""
    ids = []
    for password in ("right horse", "another horse"):
        parts = build(configure(DATA=str(tmp_path), PASSWORD=password))
        user = asyncio.run(parts.accounts.recognise("ada", password))
        assert user is not None
        ids.append(user.id)
        close(parts)
    assert ids[0] == ids[1]
    parts = build(configure(DATA=str(tmp_path), PASSWORD="another horse"))
    assert asyncio.run(parts.accounts.recognise("ada", "right horse")) is None
    close(parts)


def test_parts_that_stand_in_are_used(configure: Configure) -> None:
    """Each behind a circuit, whose state is told from the beginning; a failure of one is none of the other."""
    closed: list[str] = []
    parts = build(configure(), writer=Part("llm", closed), vectors=Part("retrieval", closed))  # type: ignore[arg-type]
    assert parts.circuits.keys() == {"llm", "retrieval"}
    parts.circuits["llm"].ended(Unreachable("gone"))
    assert states(parts) == {"llm": "ok", "retrieval": "ok", "redis": "off"}
    for _ in range(4):
        parts.circuits["llm"].ended(Unreachable("gone"))
    assert states(parts) == {"llm": "down", "retrieval": "ok", "redis": "off"}
    close(parts)


def test_all_of_it_is_let_go_of_in_order(configure: Configure) -> None:
    """What is still being indexed goes first, as it needs the rest; the store goes last."""
    closed: list[str] = []
    parts = build(configure(), writer=Part("llm", closed), vectors=Part("retrieval", closed))  # type: ignore[arg-type]
    ending = parts.indexing.aclose

    async def index() -> None:
        closed.append("indexing")
        parts.store.version()  # is open still
        await ending()

    parts.closing.push_async_callback(index)
    close(parts)
    assert closed == ["indexing", "llm", "retrieval"]
    with pytest.raises(Exception, match="closed"):
        parts.store.version()


def test_redis_that_does_not_answer_is_down(configure: Configure) -> None:
    """It is asked, and the service is there all the same."""
    parts = build(configure(REDIS_URL="redis://127.0.0.1:9"))
    assert states(parts)["redis"] == "down"
    close(parts)


@pytest.mark.parametrize("written", [None, {"a.md": "no heading"}, {"a.md": "# A\n\nx\n\n## B\n\ny\n\n## B\n\nz\n"}])
def test_pages_that_cannot_be_read_are_named(
    configure: Configure, tmp_path: Path, written: dict[str, str] | None
) -> None:
    """Before anything is opened for them."""
    for name, text in (written or {}).items():
        (tmp_path / name).write_text(text)
    with pytest.raises(CorpusError, match=str(tmp_path)):
        build(configure(CORPUS=str(tmp_path)))


def test_a_folder_that_cannot_be_used_is_named(configure: Configure, tmp_path: Path) -> None:
    """By the setting that names it."""
    (tmp_path / "data").write_text("a file")
    with pytest.raises(SettingsError, match="RAG_STAGING_DATA"):
        build(configure(DATA=str(tmp_path / "data")))


def test_a_model_is_asked_with_its_key(configure: Configure) -> None:
    """As the settings have it; the key stays out of what is printed of it."""
    parts = build(configure(LLM_BASE_URL="http://127.0.0.1:9/v1", LLM_MODEL="tiny", LLM_API_KEY="sk-secret"))
    assert parts.writer is not None
    assert parts.writer.model == "tiny"
    assert "sk-secret" not in repr(parts.settings)
    assert parts.circuits.keys() == {"llm"}
    close(parts)
