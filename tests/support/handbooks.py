"""A small handbook, to draft questions out of."""

from pathlib import Path

_PAGE = """# Fares of the {name} ferry

## Singles

A single ticket to {name} costs {price} pounds for a foot passenger, and children below {age} years travel free.

## Office

The office at {name} pier opens at {hour} in the morning and closes before the last boat leaves.
"""


def handbook(folder: Path) -> Path:
    """Three pages about ferries."""
    folder.mkdir()
    for number, name in enumerate(("Brennay", "Corvaig", "Dunmhor"), start=5):
        page = _PAGE.format(name=name, price=number * 3, age=number, hour=number + 1)
        (folder / f"{name.lower()}.md").write_text(page)
    return folder
