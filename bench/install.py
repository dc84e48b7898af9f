"""How long a bare `pip install` of the wheel takes in a fresh environment, and whether a run works there.

There are no constraints. Asks the registry; `--dry` ends when pip has chosen what to install. The seconds are those
until pip begins to install: choosing and downloading, with nothing kept from before.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

MOST = 60.0
"""Seconds of choosing and downloading."""
_OWN = ("PIP_CONSTRAINT", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PYTHONPATH")
"""Settings of this machine that a stranger does not have."""
ROWS = [
    {
        "id": f"q{n}",
        "user_input": f"What does the ferry to island {n} cost?",
        "response": f"The ferry to island {n} costs {n} pounds.",
        "retrieved_contexts": [f"The ferry to island {n} costs {n} pounds."],
        "reference": f"The ferry costs {n} pounds.",
    }
    for n in range(6)
]
EXPERIMENT = "name: first\ndataset: rows.jsonl\ntarget: {kind: replay}\nmlflow: {enabled: false}\n"


def environment() -> dict[str, str]:
    """Pip as it is by default, with nothing of this machine but the way to the registry."""
    plain = {name: value for name, value in os.environ.items() if name not in _OWN}
    return {**plain, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def installed(python: Path, wheel: Path, *options: str) -> tuple[float, float, int, int]:
    """Seconds until pip begins to install, seconds in all, packages, and how often pip had to choose anew."""
    began, chosen, names, anew = time.perf_counter(), 0.0, 0, 0
    command = [str(python), "-m", "pip", "install", *options, str(wheel)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            anew += "is looking at multiple versions" in line
            if line.startswith(("Installing collected packages", "Would install")):
                chosen = time.perf_counter() - began
                names = len(line.partition(":")[2].split(",")) if ":" in line else len(line.split()) - 2
    if pip.returncode:
        raise SystemExit(f"install            pip left with {pip.returncode}")
    return chosen, time.perf_counter() - began, names, anew


def replayed(python: Path, folder: Path) -> str:
    """The last line of a run over captured answers."""
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    (folder / "first.yaml").write_text(EXPERIMENT)
    command = [str(python.with_name("rag-eval")), "run", "first.yaml"]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"install            the run left with {done.returncode}:\n{done.stdout}{done.stderr}")
    return next(line for line in done.stdout.splitlines() if "cases answered" in line)


def main() -> int:
    """Print the seconds, the packages and what a run says; 1 if choosing took too long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--dry", action="store_true", help="install nothing, and run nothing")
    options = parser.parse_args()
    repository = Path(__file__).resolve().parents[1]
    with tempfile.TemporaryDirectory(prefix="rag-eval-install-") as name:
        folder = Path(name)
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", name]
        subprocess.run(build, cwd=repository, check=True, capture_output=True)
        [wheel] = folder.glob("*.whl")
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / "bin" / "python"
        chosen, whole, packages, anew = installed(python, wheel, *(["--dry-run"] if options.dry else []))
        ran = "" if options.dry else f"; {replayed(python, folder)}"
    print(
        f"install            {packages} packages chosen in {chosen:.0f} s (at most {MOST:g}), {anew} times anew; "
        f"{whole:.0f} s in all{ran}"
    )
    return int(chosen > MOST)


if __name__ == "__main__":
    sys.exit(main())
