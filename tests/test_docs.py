"""What the docs say is so."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from rag_eval import config, configfile, frames, gates, handles, sweep
from rag_eval.cli import app
from rag_eval.dataset import checks
from rag_eval.dataset.drafting import KINDS
from rag_eval.dataset.masking import PATTERNS
from rag_eval.dataset.names import ALIASES
from rag_eval.gates.damage import DAMAGES
from rag_eval.judges.openai.settings import OpenAIJudgeConfig
from rag_eval.plugins import METRICS
from rag_eval.staging.settings import Settings, variable
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.replay.config import ReplayConfig

REPOSITORY = Path(__file__).resolve().parents[1]
OWN = re.compile(r"https://(?:github|raw\.githubusercontent)\.com/rag-eval/rag-eval/(?:blob/)?main/")
"""Where the project itself is published."""
DOCS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md")])
COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(get_command(app).commands["dataset"].commands))  # type: ignore[attr-defined]
def test_every_command_of_a_group_is_documented_and_helps_with_examples(name: str) -> None:
    """The same for what is beneath `rag-eval dataset`, which has a page of its own."""
    assert f"rag-eval dataset {name}" in (REPOSITORY / "docs" / "datasets.md").read_text()
    result = CliRunner().invoke(app, ["dataset", name, "--help"])
    assert result.exit_code == 0
    assert "Examples" in result.output
    assert result.output.count(f"rag-eval dataset {name}") >= 1


@pytest.mark.parametrize("name", sorted(get_command(app).commands["baseline"].commands))  # type: ignore[attr-defined]
def test_what_is_done_with_baselines_is_documented_and_helps_with_examples(name: str) -> None:
    """On the page about gates."""
    assert f"rag-eval baseline {name}" in (REPOSITORY / "docs" / "gates.md").read_text()
    result = CliRunner().invoke(app, ["baseline", name, "--help"])
    assert result.exit_code == 0
    assert result.output.count(f"rag-eval baseline {name}") >= 1


@pytest.mark.parametrize("name", sorted(get_command(app).commands["runs"].commands))  # type: ignore[attr-defined]
def test_what_is_done_with_runs_is_documented_and_helps_with_examples(name: str) -> None:
    """On the page about runs, with every option that it names."""
    assert f"rag-eval runs {name}" in (REPOSITORY / "docs" / "runs.md").read_text()
    result = CliRunner().invoke(app, ["runs", name, "--help"])
    assert result.exit_code == 0
    assert result.output.count(f"rag-eval runs {name}") >= 1


def test_every_check_kind_and_mask_is_documented() -> None:
    """The page about datasets names each check, each kind of question and each thing that is masked."""
    page = (REPOSITORY / "docs" / "datasets.md").read_text()
    for name in (*KINDS, *(pattern.name for pattern in PATTERNS), "password_protected"):
        assert f"`{name}`" in page, name
    for pattern in PATTERNS:
        assert pattern.what in page, pattern.what
    table = "".join(f"| `{check.name}` | {check.summary} |\n" for check in checks.installed())
    assert f"| check | finds |\n| --- | --- |\n{table}\n" in page


def test_every_kind_of_damage_is_documented() -> None:
    """The page about proving gates says of each what it does, and the command helps with examples that name it."""
    page = (REPOSITORY / "docs" / "proving.md").read_text()
    for damage in DAMAGES:
        assert f"| `{damage.name}` | " in page, damage.name
    text = CliRunner().invoke(app, ["gate", "prove", "--help"]).output
    assert "Examples" in text
    for option in re.findall(r"(?<=[ `])--[a-z][a-z-]*", page):
        assert option in text, option


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_and_helps_with_examples(name: str) -> None:
    """It stands in the guide, and its help has a sentence and examples that name it."""
    guide = (REPOSITORY / "docs" / "guide.md").read_text()
    assert f"rag-eval {name}" in guide
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0
    assert "Examples" in result.output
    assert result.output.count(f"rag-eval {name}") >= 1


def _examples() -> Iterator[str]:
    """Each example in the help of a command, of the groups' too."""
    commands = [get_command(app)]
    while commands:
        command = commands.pop(0)
        commands += [inner for _, inner in sorted(getattr(command, "commands", {}).items())]
        yield from (line for line in (command.epilog or "").splitlines() if line.startswith("rag-eval "))


EXAMPLES = list(dict.fromkeys(_examples()))


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_the_help_is_understood(example: str) -> None:
    """Its command, its options and their values, with nothing that a shell would take for several words."""
    assert len(EXAMPLES) > 80
    assert "*" not in re.sub(r"'[^']*'", "", example)
    command, words = get_command(app), shlex.split(example.partition(" | ")[0])[1:]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
    with command.make_context(example, words):
        """What it stands for is not done."""


def test_every_metric_and_field_is_documented() -> None:
    """The guide names each metric and each field that a row may have."""
    guide = (REPOSITORY / "docs" / "guide.md").read_text()
    for name in (*METRICS.builtin, *ALIASES):
        assert f"`{name}`" in guide, name


def test_every_key_of_an_experiment_is_documented() -> None:
    """The guide names each key that an experiment, a target or a judge may have."""
    guide = (REPOSITORY / "docs" / "guide.md").read_text()
    models = (
        config.Experiment,
        HttpConfig,
        ReplayConfig,
        OpenAIJudgeConfig,
        config.MlflowConfig,
        config.DatasetConfig,
    )
    for model in models:
        for key in model.model_fields:
            assert f"`{key}`" in guide or f"kind: {key}" in guide or key == "kind", f"{model.__name__}.{key}"


def test_every_setting_of_the_service_is_documented() -> None:
    """By its variable, on the page about it."""
    page = (REPOSITORY / "docs" / "staging.md").read_text()
    for field in Settings.model_fields:
        name = variable(field)
        assert f"`{name}_ENV`" in page if name.endswith("API_KEY") else f"`{name}`" in page, name


def test_every_key_of_a_load_test_is_documented() -> None:
    """On the page about load tests."""
    page = (REPOSITORY / "docs" / "load.md").read_text()
    for key in config.LoadConfig.model_fields:
        assert f"`{key}`" in page, key


def test_what_proves_the_service_hardened_is_there() -> None:
    """Each test that the page names by its function is one."""
    page = (REPOSITORY / "docs" / "staging.md").read_text()
    names = set(re.findall(r"`(test_\w+)`", page))
    tests = "".join(file.read_text() for file in (REPOSITORY / "tests").rglob("test_*.py"))
    assert len(names) >= 10
    for name in names:
        assert f"def {name}(" in tests, name


TABLES = {
    "Run.to_pandas()": frames.cases(["METRIC"]),
    "Run.evidence()": frames.EVIDENCE,
    "Run.means()": frames.METRICS,
    "Comparison.to_pandas()": frames.COMPARED,
    "Comparison.questions()": frames.questions(["METRIC"]),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_a_table_is_documented(name: str) -> None:
    """With the type that pandas has of it, in order; nothing is documented that is not there."""
    page = (REPOSITORY / "docs" / "api.md").read_text()
    section = page.partition(f"### {name}\n")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", section, flags=re.MULTILINE)
    made = frames.frame(TABLES[name], [])
    assert rows == [(column, str(made[column].dtype)) for column in made]


def test_every_public_name_for_programs_is_documented() -> None:
    """Each that a run, a comparison or a check has, and each option and fixture of the plugin."""
    page = (REPOSITORY / "docs" / "api.md").read_text()
    for kind in (handles.Run, handles.Comparison, handles.GateCheck):
        own = {name for name in vars(kind) if not name.startswith(("_", "model_"))} - {"folder", "baselines", "watch"}
        for name in own - {"gates", "shortage", "examples"}:
            assert re.search(rf"\b{name}\b", page), f"{kind.__name__}.{name}"
    options = (REPOSITORY / "docs" / "pytest.md").read_text()
    plugin = (REPOSITORY / "rag_eval" / "pytest_plugin.py").read_text()
    for name in re.findall(r'(?:addoption|addini)\(\s*"([\w-]+)"|^def (rag_eval_\w+)', plugin, flags=re.MULTILINE):
        assert f"`{name[0] or name[1]}" in options, name


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_links_between_the_docs_lead_somewhere(path: Path) -> None:
    """Links within the project name files that are there; anchors name headings."""
    text = path.read_text()
    named = dict(re.findall(r"^\[([^\]]+)\]: (\S+)$", text, flags=re.MULTILINE))
    assert {*re.findall(r"\]\[([^\]]+)\]", text)} == {*named}, "each link that is named has an address, and is used"
    absolute = [str(REPOSITORY / link[1]) for each in named.values() if (link := OWN.split(each, maxsplit=1))[1:]]
    for target in (*absolute, *re.findall(r"\]\(([^)#\s]*(?:#[^)\s]*)?)\)", text)):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        linked = (path.parent / name) if name else path
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ +(.+)$", linked.read_text(), flags=re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, target


def test_the_readme_can_be_read_anywhere() -> None:
    """A package index shows it without the files beside it: no link in it is relative."""
    links = re.findall(r"\]\(([^)]+)\)|^\[[^\]]+\]: (\S+)$", (REPOSITORY / "README.md").read_text(), flags=re.MULTILINE)
    assert links
    assert [link for each in links if not (link := "".join(each)).startswith("https://")] == []


def test_yaml_in_the_guide_is_an_experiment() -> None:
    """Each YAML block of the guide and of the page about gates parses as one, with its gates."""
    pages = "".join((REPOSITORY / "docs" / name).read_text() for name in ("guide.md", "gates.md"))
    for block in re.findall(r"```yaml\n(.*?)```", pages, flags=re.DOTALL):
        assert isinstance(yaml.safe_load(block), dict)
        gates.of_experiment(configfile.parse(block, "docs"))


def test_the_page_about_sweeps_is_so() -> None:
    """Each of its experiments makes the variants that it says; each option is one; the names of runs are as shown."""
    page = (REPOSITORY / "docs" / "sweep.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    made = [sweep.expand(configfile.parse(block, "docs")) for block in blocks]
    assert [len(variants) for variants in made] == [6, 4]
    assert f"`{made[0][0].experiment.name}`" in page
    assert [variant.label for variant in made[1]] == ["as it is", "small", "large", "last week"]
    known = {option for parameter in get_command(app).commands["sweep"].params for option in parameter.opts}  # type: ignore[attr-defined]
    assert {*re.findall(r"(?<=[ `])--[a-z][a-z-]*", page)} <= {*known, "--no-gates"}


def test_every_gate_of_the_docs_can_be_read() -> None:
    """Each that the table of gates.md shows."""
    page = (REPOSITORY / "docs" / "gates.md").read_text()
    shown = [
        text for row in re.findall(r"^\| (`.*?) \|", page, flags=re.MULTILINE) for text in re.findall(r"`(.*?)`", row)
    ]
    assert len(shown) >= 12
    for text in shown:
        gates.parse(text)


def test_the_commands_of_the_readme_exist() -> None:
    """Every `rag-eval` command that the README shows is one, and every option it shows is known to it."""
    shown = re.findall(r"^\$ rag-eval ([a-z-]+)([^\n]*)$", (REPOSITORY / "README.md").read_text(), flags=re.MULTILINE)
    assert shown
    group = get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    for name, rest in shown:
        known = {option for parameter in group.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", rest)) <= known, f"{name}{rest}"


_ENTRY = re.compile(r"\[`(\w+)`\]\(\.\./(\S+?\.py)\)")


def test_the_glossary_s_types_stand_where_it_says() -> None:
    """Each word that has a type leads to the module that defines it."""
    entries = _ENTRY.findall((REPOSITORY / "docs" / "glossary.md").read_text())
    assert len(entries) > 30
    for name, path in entries:
        assert re.search(rf"^class {name}\b", (REPOSITORY / path).read_text(), re.MULTILINE), (name, path)
