"""How the code is built, in figures: one table, computed from the source.

    python bench/house.py [--root DIR] [--verbose]

Nothing is imported; everything is read from the syntax trees, so that another checkout can be measured by the same
script: `git worktree add /tmp/before COMMIT && python bench/house.py --root /tmp/before`.
"""

import argparse
import ast
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "rag_eval"
PRIVATE_WORDS = ("said", "told", "one", "found", "held")
"""Names that say nothing of what is bound to them."""
PARTICIPLE = re.compile(r"[A-Z][a-z]+ed|Kept|Found|Told|Said|Held|Made|Taken|Written|Sent|Shown|Left|Torn|Known|Drawn")
NOUNS = frozenset({"Embedded", "Need", "Feed", "Seed"})
"""Names that end like a participle and are none, or are the name of a kind in an experiment file."""

MEMBERS: Mapping[str, tuple[str, ...]] = {
    "metric of RAGAs": ("context_precision", "semantic_similarity"),
    "metric, plain": ("hit@k", "mrr", "time_to_first_token"),
    "metric, derived": ("overall", "faithfulness_min"),
    "output shape": ("ContextPrecisionOutput", "ClassificationWithReason"),
    "target kind": ("replay", "custom"),
    "judge kind": ("openai",),
    "auth kind": ("login", "oauth2"),
    "trace dialect": ("openinference", "openllmetry"),
    "row format": ("csv", "parquet"),
    "check": ("leak", "duplicate"),
    "failure reason": ("incomplete_verdicts", "rate_limited"),
}
"""Kind of addition to members that stand in the code already: the files that name one are the files to touch."""


@dataclass(frozen=True)
class Module:
    """One source file."""

    name: str
    path: Path
    tree: ast.Module
    nodes: Sequence[ast.AST]
    """All of the tree, walked once for all that count."""
    lines: int


@dataclass(frozen=True)
class Row:
    """One line of the table: what was counted, what came out, and what it rests on."""

    title: str
    value: str
    detail: Sequence[str] = ()


def modules(root: Path) -> list[Module]:
    """All modules of the package, by name."""
    result = []
    for path in sorted((root / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        nodes = [*ast.walk(tree)]
        result.append(Module(name, path.relative_to(root), tree, nodes, code_lines(source, nodes)))
    return result


def code_lines(source: str, nodes: Iterable[ast.AST]) -> int:
    """Lines that are neither blank, nor comment, nor docstring."""
    prose: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            prose.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return sum(
        1
        for number, line in enumerate(source.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#") and number not in prose
    )


def functions(found: Sequence[Module]) -> list[tuple[int, str]]:
    """Length in lines and place of every function."""
    return sorted(
        ((node.end_lineno or 0) - node.lineno + 1, f"{module.path}:{node.lineno} {node.name}")
        for module in found
        for node in module.nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def imports(module: Module, names: frozenset[str]) -> Iterator[str]:
    """The modules of the package that one names, in functions and for type checkers as well."""
    package = module.name if module.path.name == "__init__.py" else module.name.rpartition(".")[0]
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                if full in names or base in names:
                    yield full if full in names else base


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of modules that import each other, by Tarjan's algorithm; the largest first."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    result: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            group = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(group) > 1:
                result.append(sorted(group))

    for name in sorted(graph):
        if name not in index:
            visit(name)
    return sorted(result, key=len, reverse=True)


def public_classes(found: Sequence[Module]) -> dict[str, list[str]]:
    """Name to the modules that define a public class of that name."""
    places: dict[str, list[str]] = defaultdict(list)
    for module in found:
        for node in module.nodes:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module.name)
    return places


def private_words(found: Sequence[Module]) -> dict[str, list[str]]:
    """Each of `PRIVATE_WORDS` to the places that bind it: assignments, loops and parameters, not fields of a class."""
    places: dict[str, list[str]] = {word: [] for word in PRIVATE_WORDS}
    for module in found:
        classes = [node for node in module.nodes if isinstance(node, ast.ClassDef)]
        fields = {id(part.target) for node in classes for part in node.body if isinstance(part, ast.AnnAssign)}
        for node in module.nodes:
            if id(node) in fields:
                continue
            name = node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else ""
            name = node.arg if isinstance(node, ast.arg) else name
            if name in places:
                places[name].append(f"{module.path}:{node.lineno}")  # type: ignore[attr-defined]
    return places


def undocumented(found: Sequence[Module]) -> list[str]:
    """Modules and public functions without a docstring; what stands inside a function is nobody else's."""
    places = [str(module.path) for module in found if module.lines and not ast.get_docstring(module.tree)]
    for module in found:
        places += [
            f"{module.path}:{node.lineno} {node.name}"
            for scope in module.nodes
            if isinstance(scope, ast.Module | ast.ClassDef)
            for node in scope.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
    return places


def implementing(found: Sequence[Module]) -> list[str]:
    """Packages whose `__init__` defines a function or a class instead of naming what stands in modules."""
    return [
        module.name
        for module in found
        if module.path.name == "__init__.py"
        and any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in module.tree.body)
    ]


def naming(found: Sequence[Module], member: str) -> list[str]:
    """The files that hold a member's name: as a text, a class, a module or an attribute."""
    return [str(module.path) for module in found if any(_names(node, member) for node in module.nodes)]


def _names(node: ast.AST, member: str) -> bool:
    match node:
        case ast.Constant(value=str(text)):
            return text == member
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) | ast.ClassDef(name=name):
            return name == member
    return False


def unmirrored(root: Path, found: Sequence[Module]) -> list[str]:
    """Modules with code of their own that no test module is named after, or after the package they stand in."""
    tests = {path.stem.removeprefix("test_") for path in (root / "tests").rglob("test_*.py")}
    result = []
    for module in found:
        parts = module.name.split(".")[1:]
        names = {"_".join(parts[start:]) for start in range(len(parts))}
        if module.path.name != "__init__.py" and parts and not names & tests and module.lines > 1:
            result.append(module.name)
    return result


def table(root: Path) -> list[Row]:
    """Every figure of the house."""
    found = modules(root)
    names = frozenset(module.name for module in found)
    graph = {module.name: set(imports(module, names)) - {module.name} for module in found}
    groups, classes, words = circles(graph), public_classes(found), private_words(found)
    lengths = functions(found)
    twice = {name: where for name, where in classes.items() if len(where) > 1}
    participles = [name for name in classes if PARTICIPLE.fullmatch(name) and name not in NOUNS]
    sizes = sorted((module.lines, str(module.path)) for module in found if module.lines)
    code, tests = sum(size for size, _ in sizes), sum(_size(path) for path in (root / "tests").rglob("*.py"))
    counted = Counter({word: len(places) for word, places in words.items()})
    bare, lonely = undocumented(found), unmirrored(root, found)
    return [
        *_additions(found),
        Row("import circles, lazy and type-checking imports counted", str(len(groups)), [" ".join(g) for g in groups]),
        Row("modules in circles", str(sum(map(len, groups)))),
        Row("public classes that are bare participles", str(len(participles)), participles),
        Row("public class names that stand twice", str(len(twice)), [f"{n}: {' '.join(w)}" for n, w in twice.items()]),
        Row(
            f"bindings of {', '.join(PRIVATE_WORDS)}",
            str(counted.total()),
            [f"{word}: {' '.join(places)}" for word, places in words.items() if places],
        ),
        Row("modules with code", str(len(sizes))),
        Row("code lines", f"{code:,}"),
        Row("module, median and largest", f"{statistics.median(size for size, _ in sizes):.0f}, {_named(sizes[-1])}"),
        Row("modules over 350 code lines", str(sum(size > 350 for size, _ in sizes)), _over(sizes, 350)),
        Row("function, median and largest", f"{statistics.median(n for n, _ in lengths):.0f}, {_named(lengths[-1])}"),
        Row("functions over 50 lines", str(sum(n > 50 for n, _ in lengths)), _over(lengths, 50)),
        Row("test code ÷ code", f"{tests / code:.2f}"),
        Row("packages with implementation in __init__", str(len(implementing(found))), implementing(found)),
        Row("modules without a mirrored test", str(len(lonely)), lonely),
        Row("public functions and modules without docstring", str(len(bare)), bare),
    ]


def _additions(found: Sequence[Module]) -> Iterator[Row]:
    for kind, members in MEMBERS.items():
        files = {member: naming(found, member) for member in members}
        most = max(len(where) for where in files.values())
        yield Row(f"files that name a {kind}", str(most), [f"{m}: {' '.join(w)}" for m, w in files.items()])


def _size(path: Path) -> int:
    source = path.read_text(encoding="utf-8")
    return code_lines(source, ast.walk(ast.parse(source)))


def _named(entry: tuple[int, str]) -> str:
    return f"{entry[0]} ({entry[1]})"


def _over(entries: Sequence[tuple[int, str]], limit: int) -> list[str]:
    return [_named(entry) for entry in reversed(entries) if entry[0] > limit]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    parser.add_argument("--verbose", action="store_true", help="say beneath each figure what it rests on")
    options = parser.parse_args()
    for row in table(options.root):
        print(f"{row.title:<62} {row.value}")
        for line in row.detail if options.verbose else ():
            print(f"    {line}")


if __name__ == "__main__":
    main()
