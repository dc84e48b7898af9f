"""None of anybody else's telemetry."""

import os
import subprocess
import sys

import pytest

from rag_eval.telemetry import silence


def test_every_switch_is_thrown() -> None:
    """RAGAs, MLflow, Hugging Face and LangChain are told, each in its own words, to send nothing."""
    environ = {"RAGAS_DO_NOT_TRACK": "1", "LANGSMITH_TRACING": "true", "PATH": "/bin"}
    silence(environ)
    assert environ["RAGAS_DO_NOT_TRACK"] == "true"
    assert environ["MLFLOW_DISABLE_TELEMETRY"] == "true"
    assert environ["MLFLOW_ENABLE_OTLP_EXPORTER"] == "false"
    assert environ["HF_HUB_DISABLE_TELEMETRY"] == "1"
    assert environ["LANGSMITH_TRACING"] == environ["LANGCHAIN_TRACING_V2"] == "false"
    assert environ["PATH"] == "/bin"


def test_the_environment_of_the_process_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument the process and its children are silenced."""
    monkeypatch.setenv("RAGAS_DO_NOT_TRACK", "false")
    silence()
    assert os.environ["RAGAS_DO_NOT_TRACK"] == "true"


def test_ragas_takes_the_switch_at_its_word() -> None:
    """What is thrown is what it looks for."""
    from ragas._analytics import do_not_track

    do_not_track.cache_clear()
    assert do_not_track()


@pytest.mark.slow
def test_the_switch_is_thrown_before_ragas_is_imported() -> None:
    """Importing our metrics leaves RAGAs' telemetry off, although the shell had it on."""
    code = (
        "import os, sys\n"
        "class Looking:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'ragas':\n"
        "            print(os.environ.get('RAGAS_DO_NOT_TRACK'), flush=True)\n"
        "            os._exit(0)\n"
        "sys.meta_path.insert(0, Looking())\n"
        "import rag_eval.metrics.ragas.adapter"
    )
    environ = {name: value for name, value in os.environ.items() if name != "RAGAS_DO_NOT_TRACK"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "true\n"
