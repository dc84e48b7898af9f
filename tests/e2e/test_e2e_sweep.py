"""The sweep that comes along: three settings of a live service, one page with the corrected number."""

import json
import signal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from staging.serving import running
from support.forker import Ended, Forker
from support.fuse import Fuse, signalled
from support.pages import Parsed, chromium, faults, opened
from support.rag_server import RagServer, Request, Response, plain
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.staging.api import create_app
from rag_eval.staging.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
LIMIT = 12
"""Questions of each setting."""
ACCOUNT = {"RAG_STAGING_USERNAME": "demo", "RAG_STAGING_PASSWORD": "canary-password-7"}


@pytest.fixture(scope="module", name="swept")
def _swept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command printed as JSON, over the first questions."""
    folder = tmp_path_factory.mktemp("sweep")
    settings = Settings.from_environ({**ACCOUNT, "RAG_STAGING_QUERY_LIMIT": "unlimited"})
    with pytest.MonkeyPatch.context() as patch, running(create_app(settings)) as url:
        patch.chdir(REPOSITORY)
        for name, value in {**ACCOUNT, "STAGING_STRONG_URL": url}.items():
            patch.setenv(name, value)
        command = ["sweep", "experiments/harbour-sweep.yaml", "--limit", str(LIMIT), "--no-mlflow", "-q", "--json"]
        result = CliRunner().invoke(app, [*command, "-o", str(folder / "runs"), "--sweeps", str(folder / "sweeps")])
    assert result.exit_code == 0, result.output
    printed: dict[str, Any] = json.loads(result.stdout)
    return printed


@pytest.mark.slow
def test_three_settings_give_one_page_with_the_corrected_comparison(swept: dict[str, Any]) -> None:
    """Both numbers, which to quote, every variant, what each is against the first, and links that lead somewhere."""
    assert {variant["label"] for variant in swept["variants"]} == {"max_results=1", "max_results=3", "max_results=8"}
    assert all(variant["answered"] == LIMIT for variant in swept["variants"])
    assert swept["value"]["value"] <= swept["value"]["naive"]
    page = Path(swept["page"])
    parsed = Parsed(page.read_text())
    assert swept["sentences"][1].startswith("Quote ")
    for sentence in swept["sentences"]:
        assert sentence in parsed.text
    links = [unquote(attributes["href"] or "") for tag, attributes in parsed.tags if tag == "a"]
    assert len(links) == 5
    assert all((page.parent / link).is_file() for link in links)
    for file in page.parents[2].rglob("*"):
        if file.is_file():
            assert b"canary-password-7" not in file.read_bytes(), f"the password stands in {file}"


@pytest.mark.browser
@pytest.mark.slow
def test_the_page_can_be_read_by_everybody(swept: dict[str, Any]) -> None:
    """No fault of accessibility, nothing to scroll sideways, nothing asked from elsewhere; a link opens the pair."""
    path = Path(swept["page"])
    requests: list[str] = []
    with chromium() as browser:
        page = opened(browser, bypass_csp=True)
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        for width, scheme in ((1300, "light"), (420, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert page.locator("svg.scatter").is_visible()
            assert faults(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("link", name="answers of").first.click()
        page.locator("html[data-ready=true]").wait_for(state="attached")
        assert "max_results-1" in page.title()
    assert {url.partition(":")[0] for url in requests} <= {"file", "data"}


CASES = 5


def _experiment(folder: Path, url: str) -> None:
    questions = [{"id": f"c{n}", "question": f"What is {n}?", "reference": f"It is said: {n}."} for n in range(CASES)]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    select = {"response": "answer", "retrieved_contexts": "contexts[].text"}
    body = {"query": "{{ user_input }}"}
    experiment = {
        "name": "killed",
        "dataset": "questions.jsonl",
        "target": {"kind": "http", "url": f"{url}/q", "body": body, "select": select, "concurrency": 1},
        "metrics": ["faithfulness", "latency"],
        "mlflow": {"enabled": False},
        "matrix": {"target.body.top_k": [1, 2, 3]},
    }
    (folder / "killed.yaml").write_text(yaml.safe_dump(experiment))


@pytest.mark.slow
def test_a_killed_sweep_goes_on(tmp_path: Path, forker: Forker) -> None:
    """Killed in the second variant and interrupted in the third; at most what was on its way is asked again."""
    fuses = [Fuse(CASES + 3), Fuse(2 * CASES + 3)]

    def answer(request: Request) -> Response:
        for fuse in fuses:
            fuse.pass_()
        return Response(body=plain(request.body["query"]))

    def stopped(fuse: Fuse, by: int, *argv: str) -> Ended:
        ended = signalled(forker, by, fuse.reached.is_set, *argv, cwd=tmp_path)
        fuse.release()
        return ended

    with RagServer(answer) as rag:
        _experiment(tmp_path, rag.url)
        killed = stopped(fuses[0], signal.SIGKILL, "sweep", "killed.yaml")
        assert killed.code == -signal.SIGKILL
        [folder] = (tmp_path / "sweeps").iterdir()
        interrupted = stopped(fuses[1], signal.SIGINT, "sweep", "--resume", "latest")
        assert interrupted.code == 130, interrupted.output
        assert f"Go on with: rag-eval sweep --resume sweeps/{folder.name}" in interrupted.output
        assert "Traceback" not in interrupted.output
        finished = forker.run("sweep", "--resume", "latest", cwd=tmp_path)
        assert finished.code == 0, finished.output
        assert "top_k=1 →" not in finished.output, "a variant that is done is not gone on with"
        assert len(rag.requests) <= 3 * CASES + 2
    assert len(list((tmp_path / "runs").iterdir())) == 3
    printed = json.loads((folder / "sweep.json").read_text())
    assert [variant["answered"] for variant in printed["variants"]] == [CASES] * 3
