"""Where the pages of a run can be seen: on the store's own server, or where `rag-eval ui` serves a database file.

`rag-eval ui` leaves a note beside the database that says on which port. Whoever prints a link asks there for the run
first, so that no link is printed that opens nothing, or somebody else's page.
"""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rag_eval.tracking import store

PORT = 5000
"""Where a database file is served unless the port is taken."""
_PATIENCE = 2.0
"""Seconds for a server to answer."""
_STARTING_S = 60.0
"""Seconds that a server may take to start."""


@dataclass(frozen=True)
class Page:
    """A page about a run, or about two side by side."""

    link: str
    listens: bool
    """Whether something there shows it now."""
    command: str = ""
    """What opens it where nothing does; empty where that is a server's own business."""


def find(*folders: Path) -> Page | None:
    """The page of a run, or of two, A and B, side by side; None where MLflow has none."""
    tracked = store.read(folders[-1])
    link = store.comparison_link(*folders) if len(folders) > 1 else tracked and tracked.link
    if tracked is None or not link:
        return None
    uri = tracked.tracking_uri
    if store.is_server(uri):
        return Page(link, listens=_status(store.base(uri), tracked.run_id, by_proxy=True) is not None)
    for port in dict.fromkeys((noted_port(uri) or PORT, PORT)):
        if _status(address(port), tracked.run_id) == 200:  # noqa: PLR2004 - it has this very run
            return Page(at(port, link), listens=True)
    port = free_port()
    more = "" if port == PORT else f" --port {port}"
    command = f"rag-eval ui {' '.join(map(_named, folders))}{more}"
    return Page(at(port, link), listens=False, command=command)


def at(port: int, link: str) -> str:
    """A link into the pages of a database file, where these are served on a port."""
    return link.replace(store.UI, address(port), 1)


def _named(folder: Path) -> str:
    """A run as a command takes it: its id where it lies in `runs/`, else its path."""
    return folder.name if folder.resolve().parent == Path("runs").resolve() else str(folder)


def _status(base: str, run_id: str, *, by_proxy: bool = False) -> int | None:
    """The HTTP status of asking for a run, by the environment's proxies if wanted; None where nothing answers."""
    import httpx2

    url = f"{base}/api/2.0/mlflow/runs/get"
    try:
        return httpx2.get(url, params={"run_id": run_id}, timeout=_PATIENCE, trust_env=by_proxy).status_code
    except httpx2.HTTPError:
        return None


def address(port: int) -> str:
    """Where a database file is served."""
    return f"http://127.0.0.1:{port}"


def is_free(port: int) -> bool:
    """Whether nothing has taken a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """The usual port, or one of the next that is free; any where none of these is."""
    near = next((port for port in range(PORT, PORT + 20) if is_free(port)), None)
    if near is not None:
        return near
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _note(uri: str) -> Path | None:
    path = store.database(uri)
    return None if path is None else path.with_name(f"{path.name}.ui")


def _noted(uri: str, key: str) -> int | None:
    note = _note(uri)
    try:
        return None if note is None else int(json.loads(note.read_text(encoding="utf-8"))[key])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def noted_port(uri: str) -> int | None:
    """Where `rag-eval ui` serves a store, as far as it left a note; it may have been killed since."""
    return _noted(uri, "port")


def serves(uri: str) -> str | None:
    """Where a `rag-eval ui` that is alive serves a store, or is about to; None where there is none."""
    note, port, pid = _note(uri), noted_port(uri), _noted(uri, "pid")
    if note is None or port is None or pid is None:
        return None
    try:
        os.kill(pid, 0)
        starting = time.time() - note.stat().st_mtime < _STARTING_S
    except OSError:
        return None
    return address(port) if starting or answers(port) else None


def answers(port: int) -> bool:
    """Whether an MLflow server is up on a port of this machine."""
    import httpx2

    try:
        # There is no TLS on a port of this machine, and no reason to read the certificates of all authorities.
        return httpx2.get(f"{address(port)}/health", timeout=_PATIENCE, trust_env=False, verify=False).text == "OK"
    except httpx2.HTTPError:
        return False


@contextmanager
def noting(uri: str, port: int) -> Iterator[None]:
    """Leave a note of where a store is served, for as long as it is."""
    note, own = _note(uri), {"port": port, "pid": os.getpid()}
    if note is not None:
        with suppress(OSError):  # a folder that cannot be written to can be looked at all the same
            note.write_text(json.dumps(own) + "\n", encoding="utf-8")
    try:
        yield
    finally:
        if note is not None and _noted(uri, "pid") == own["pid"]:
            note.unlink(missing_ok=True)
