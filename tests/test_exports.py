"""Names that are imported when they are first used."""

import sys
from pathlib import Path

import pytest

from rag_eval import gates, stats

PACKAGE = """
from rag_eval.exports import lazily

__getattr__ = lazily(__name__, {"deep": "ONE two", "other": "THREE"})
"""


def test_a_module_is_imported_when_a_name_of_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the name stands in the package from then on."""
    folder = tmp_path / "lazy_package"
    folder.mkdir()
    (folder / "__init__.py").write_text(PACKAGE)
    (folder / "deep.py").write_text("ONE = 1\n\n\ndef two() -> int:\n    return 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    import lazy_package  # type: ignore[import-not-found]

    assert "lazy_package.deep" not in sys.modules
    assert (lazy_package.ONE, lazy_package.two()) == (1, 2)
    assert vars(lazy_package)["ONE"] == 1
    with pytest.raises(ModuleNotFoundError, match=r"lazy_package\.other"):
        _ = lazy_package.THREE
    with pytest.raises(AttributeError, match="module 'lazy_package' has no attribute 'four'"):
        _ = lazy_package.four


@pytest.mark.parametrize("package", [gates, stats], ids=lambda package: package.__name__)
def test_every_public_name_is_there(package: object) -> None:
    """None was forgotten in the table, and none is hidden by a module that is called as it is."""
    found = {name: getattr(package, name) for name in vars(package)["__all__"]}
    assert not [name for name, value in found.items() if type(value) is type(sys)]
