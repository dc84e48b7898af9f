"""The description of the API, held against what the service answers, by Schemathesis."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from staging.serving import Configure, client_of, log_in, running

from rag_eval.staging.api import create_app

# OpenAPI has no words for what a file must be called and that its bytes are text: 415 and 422 answer other ones.
_CONFIG = """
[[operations]]
include-name = "POST /api/v1/documents/upload"
checks.positive_data_acceptance.enabled = false
"""


@pytest.mark.slow
def test_schemathesis_finds_nothing(configure: Configure, tmp_path: Path) -> None:
    """No answer with 500, none that is not described, none that differs from its description; all its checks."""
    (tmp_path / "schemathesis.toml").write_text(_CONFIG)
    with running(create_app(configure(DOCUMENTS="100000"))) as url, client_of(url) as client:
        token = log_in(client).headers["Authorization"]
        argv = [
            str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.json",
            "--header", f"Authorization: {token}", "--max-examples", "4", "--seed", "1",
            "--no-color", "--request-timeout", "20",
        ]  # fmt: skip
        environ = os.environ | {"NO_PROXY": "127.0.0.1", "HOME": str(tmp_path)}
        done = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, env=environ, timeout=280, check=False)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "11 selected / 11 total" in done.stdout
