"""The program as it is started."""

import gc
import runpy
import sys

import pytest

from rag_eval import __main__ as program


@pytest.fixture(autouse=True)
def _collecting() -> object:
    yield
    gc.enable()


def _main(monkeypatch: pytest.MonkeyPatch, *argv: str) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["rag-eval", *argv])
    with pytest.raises(SystemExit) as ended:
        program.main()
    return ended.value.code


def test_a_command_is_run_and_its_exit_code_is_the_programs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 where all went well, 2 for what cannot be used as given; a mistake goes to standard error alone."""
    assert _main(monkeypatch, "--version") in (0, None)
    assert capsys.readouterr().out.startswith("rag-eval ")
    assert _main(monkeypatch, "runs", "prune") == 2
    told = capsys.readouterr()
    assert (told.out, told.err.startswith("error: what is to go?")) == ("", True)


def test_garbage_is_collected_again_once_a_command_works(monkeypatch: pytest.MonkeyPatch) -> None:
    """The start does without; a run that lasts for hours must not."""
    gc.enable()
    assert _main(monkeypatch, "runs", "prune") == 2
    assert gc.isenabled()


def test_the_module_is_the_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m rag_eval` is `rag-eval`; to be imported does nothing."""
    monkeypatch.setattr(sys, "argv", ["rag-eval", "--version"])
    with pytest.raises(SystemExit):
        runpy.run_path(program.__file__, run_name="__main__")
    assert capsys.readouterr().out.startswith("rag-eval ")
    runpy.run_path(program.__file__, run_name="imported")
    assert capsys.readouterr().out == ""
