"""`rag-eval review` as a person or a script meets it."""

import json
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.reviewing import BEGAN, decision, ferry, written
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.dataset import folders
from rag_eval.dataset.review.decisions import DecisionStore, ReviewDecision, load

_CASES = [ferry(number) for number in range(4)]


def _invoke(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["review", *argv])
    return result.exit_code, result.stdout, result.stderr


def _decided(*decisions: ReviewDecision) -> None:
    with DecisionStore.open_(Path("drafts"), lambda: BEGAN + 1000) as store:
        store.keep(decisions)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(Path("drafts"), _CASES)


def test_agreement_is_printed_for_people_and_for_programs() -> None:
    """Kappa with its reviewers, alpha, and what is left to settle."""
    _decided(
        decision(_CASES[0], 1),
        decision(_CASES[1], 2, verdict="reject"),
        decision(_CASES[0], 3, "ben"),
        decision(_CASES[1], 4, "ben"),
    )
    code, out, _ = _invoke("drafts", "--agreement")
    assert code == 0
    assert "ana and ben: Cohen's kappa 0.000; both decided 2, same verdict 50.0%" in out
    assert "1 to settle: q-1" in out
    code, out, _ = _invoke("drafts", "--agreement", "--json")
    assert json.loads(out)["pairs"][0]["kappa"] == 0


def test_agreement_before_anybody_decided_makes_no_file() -> None:
    """It says so and ends well."""
    code, out, _ = _invoke("drafts", "--agreement")
    assert (code, out) == (0, "nobody has decided yet\n")
    assert not Path("drafts/review.db").exists()


def test_publish_says_what_became_of_the_cases() -> None:
    """Also those that were left out."""
    _decided(
        decision(_CASES[0], 1), decision(_CASES[1], 2, verdict="reject"), decision(_CASES[3], 3, case_digest="old")
    )
    code, out, told = _invoke("drafts", "--publish", "made")
    assert code == 0
    assert "made: 1 cases, fingerprint" in out
    assert "accepted 1, rejected 1" in out
    assert "2 undecided: left out" in out
    assert "1 decisions were not applied" in told
    code, out, _ = _invoke("drafts", "--publish", "made", "--keep-undecided", "--json")
    assert json.loads(out)["review"]["undecided"] == 2
    assert [case.id for case in folders.load(Path("made")).cases] == ["q-0", "q-2", "q-3"]


def test_publish_names_disagreements() -> None:
    """Exit code 2; one of the two ways out is taken when it is asked for."""
    _decided(decision(_CASES[0], 1), decision(_CASES[0], 2, "ben", "reject"), decision(_CASES[1], 3))
    code, _, told = _invoke("drafts", "--publish", "made")
    assert code == 2
    assert "q-0" in told
    assert "--on-disagreement latest" in told
    assert _invoke("drafts", "--publish", "made", "--on-disagreement", "drop")[0] == 0


def test_a_sheet_goes_out_and_comes_back() -> None:
    """All of it or nothing; reading it twice adds nothing."""
    code, out, told = _invoke("drafts", "--to-csv", "ana.csv", "--reviewer", "ana")
    assert (code, out) == (0, "ana.csv: 4 rows for ana\n")
    assert "rag-eval review drafts --from-csv ana.csv --reviewer ana" in told
    sheet = Path("ana.csv").read_text(encoding="utf-8-sig")
    bad = sheet.replace('"",', '"accept",', 1).replace('"",', '"fine",', 1)
    Path("ana.csv").write_text(bad)
    code, _, told = _invoke("drafts", "--from-csv", "ana.csv", "--reviewer", "ana")
    assert code == 2
    assert "ana.csv:5: verdict: expected accept" in told
    assert load(Path("drafts")) == ()
    Path("ana.csv").write_text(bad.replace('"fine"', '"reject"'))
    code, out, _ = _invoke("drafts", "--from-csv", "ana.csv", "--reviewer", "ana")
    assert "2 decisions of ana taken over (accept 1, reject 1)" in out
    assert "0 were known already, 2 rows have no verdict" in out
    _, out, _ = _invoke("drafts", "--from-csv", "ana.csv", "--reviewer", "ana")
    assert "0 decisions of ana taken over\n2 were known already" in out
    assert [(one.case_id, one.verdict) for one in load(Path("drafts"))] == [("q-0", "accept"), ("q-1", "reject")]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["nowhere"], "nowhere: is no dataset folder"),
        (["drafts", "--agreement", "--publish", "x"], "--agreement and --publish are different things"),
        (["drafts", "--keep-undecided"], "go with --publish OUT"),
        (["drafts", "--agreement", "--on-disagreement", "drop"], "go with --publish OUT"),
        (["drafts", "--json"], "--json goes with --agreement or --publish OUT"),
        (["drafts", "--to-csv", "x.csv", "--reviewer", " "], "expected a name of 1 to 100 letters"),
        (["drafts", "--to-csv", "no/such/folder.csv", "--reviewer", "ana"], "cannot be written"),
        (["drafts", "--from-csv", "none.csv", "--reviewer", "ana"], "none.csv: cannot be read"),
        (["drafts", "--publish", "drafts"], "is the dataset under review itself"),
        (["drafts", "--publish", "made"], "nothing is decided. Do: rag-eval review drafts"),
    ],
)
def test_what_cannot_be_done_is_said(argv: list[str], message: str) -> None:
    """With exit code 2 and no traceback."""
    code, _, told = _invoke(*argv)
    assert code == 2
    assert message in told.replace("\n", " ")


def test_a_login_that_is_not_known_asks_for_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose user has none."""

    def nobody() -> str:
        raise KeyError("uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nobody)
    code, _, told = _invoke("drafts", "--to-csv", "x.csv")
    assert code == 2
    assert "Do: --reviewer NAME" in told


def test_a_port_in_use_is_said() -> None:
    """Before anybody is sent a link."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, told = _invoke("drafts", "--no-open", "--reviewer", "ana", "--port", str(taken.getsockname()[1]))
    assert code == 2
    assert "Do: another --port, or 0" in told


@pytest.mark.slow
def test_the_server_ends_well_when_it_is_told_to() -> None:
    """The link is printed and written where only its owner reads it; SIGTERM is no failure."""
    command = [sys.executable, "-m", "rag_eval", "review", "drafts", "--no-open", "--reviewer", "ana"]
    with subprocess.Popen([*command, "--ready-file", "link"], stderr=subprocess.PIPE, text=True) as process:
        try:
            while not Path("link").exists():
                time.sleep(0.02)
            link = Path("link").read_text()
            assert stat.S_IMODE(Path("link").stat().st_mode) == 0o600
            process.send_signal(signal.SIGTERM)
            _, told = process.communicate()
        finally:
            process.kill()
    assert process.returncode == 0
    assert link.startswith("http://127.0.0.1:")
    assert link in told
    assert "Traceback" not in told
