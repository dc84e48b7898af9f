"""Where a run can be seen in MLflow, said in one line."""

from pathlib import Path

from rag_eval.cli import printing


def tell(*folders: Path) -> None:
    """Print the link to a run, or to two, A and B, side by side, where something shows them; else what opens them."""
    from rag_eval.tracking import pages

    page = pages.find(*folders)
    if page is None:
        return
    if page.listens:
        printing.located("mlflow", page.link)
    elif page.command:
        printing.say(f"mlflow   open it with: {page.command}")
    else:
        printing.say(f"mlflow   {page.link} (nothing answers there now)")


def url(*folders: Path) -> str | None:
    """The link for programs, also where nothing shows it yet; None where MLflow has no page."""
    from rag_eval.tracking import pages

    page = pages.find(*folders)
    return None if page is None else page.link
