"""What the dependencies may not tell.

RAGAs, MLflow, Hugging Face and LangChain each send usage data of their own unless told not to, and most of them read
their switch when they are imported. `silence` therefore runs before any of those imports.
"""

import os
from collections.abc import MutableMapping

_SWITCHES = {
    # RAGAs knows the word `true` only; `1` leaves it on.
    "RAGAS_DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    "ANONYMIZED_TELEMETRY": "false",
    # With these set in somebody's shell, LangChain would send every judge prompt to a third party.
    "LANGSMITH_TRACING": "false",
    "LANGSMITH_TRACING_V2": "false",
    "LANGCHAIN_TRACING_V2": "false",
    # MLflow takes the endpoint of our spans for its own traces, which hold questions and answers.
    "MLFLOW_ENABLE_OTLP_EXPORTER": "false",
    # Hubs are asked for updates and file lists unless somebody names a hub dataset; see dataset/sources.
    "HF_UPDATE_DOWNLOAD_COUNTS": "FALSE",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    # GitPython is imported by MLflow and complains on machines without git.
    "GIT_PYTHON_REFRESH": "quiet",
    # MLflow prints where a run is; so do we, where something is to be seen there.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
_DEFAULTS = {
    # Migrations of a new database take a line each, and what fails is raised and then said by us.
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",
}


def silence(environ: MutableMapping[str, str] | None = None) -> None:
    """Switch off the telemetry of every dependency for this process and its children, and their chatter."""
    values = os.environ if environ is None else environ
    values.update(_SWITCHES)
    for name, value in _DEFAULTS.items():
        values.setdefault(name, value)
