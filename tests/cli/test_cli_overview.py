"""What `rag-eval --help` prints."""

import subprocess
import sys

from typer.testing import CliRunner

from rag_eval.cli import app


def test_every_command_stands_with_its_first_sentence() -> None:
    """Wrapped at the width of the terminal, and not cut off."""
    said = CliRunner().invoke(app, ["--help"]).stdout
    assert max(map(len, said.splitlines())) <= 80
    whole = " ".join(said.split())
    for command in app.registered_commands:
        assert command.callback is not None
        sentence = " ".join((command.callback.__doc__ or "").partition("\n\n")[0].split()).partition(". ")[0]
        assert f"{command.name} {sentence}" in whole
    for group in app.registered_groups:
        assert f" {group.name} " in whole
    assert whole.endswith("130 interrupted.")


def test_it_is_plain_and_the_help_of_a_command_is_not() -> None:
    """The boxes are not even imported."""
    code = "import sys; from rag_eval.cli import app; app(standalone_mode=False); print('rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
    assert "╭" not in done.stdout
    assert "╭" in CliRunner().invoke(app, ["run", "--help"]).stdout
