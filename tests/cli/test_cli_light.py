"""What the command line costs before it does anything."""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "ragas", "mlflow", "datasets", "pandas", "langchain", "langchain_core", "langchain_openai", "langchain_community",
    "numpy", "scipy", "sklearn", "pyarrow", "openai", "httpx2", "fastapi", "jinja2", "yaml", "torch",
}  # fmt: skip

_ASK = """
import json, sys
from typer.testing import CliRunner
from rag_eval.cli import app
done = CliRunner().invoke(app, json.loads(sys.argv[1]))
print(json.dumps([done.exit_code, done.stdout, sorted({name.partition('.')[0] for name in sys.modules})]))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"], ["compare", "--help"], []])
def test_help_is_quick(arguments: list[str]) -> None:
    """None of the heavy libraries is loaded to say what a command does."""
    command = [sys.executable, "-c", _ASK, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    code, said, modules = json.loads(done.stdout)
    assert code in ({2} if not arguments else {0})
    assert "rag-eval" in said
    assert not HEAVY & set(modules)
    assert not [name for name in modules if name.startswith("langchain")]


def test_the_package_alone_loads_nothing() -> None:
    """Its public names are looked up when they are used."""
    code = "import sys, rag_eval; print(sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not any(f"'{name}'" in done.stdout for name in (*HEAVY, "pydantic", "typer"))
