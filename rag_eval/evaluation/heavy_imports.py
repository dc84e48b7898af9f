"""Imports that take seconds and that no question needs: made in a thread of their own while the first one is asked."""

import asyncio
import importlib
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from typing import Final

from rag_eval import config
from rag_eval.metrics import MetricSpec

_CHECKS: Final = ("rag_eval.judges.shapes",)
"""What knows of the replies to prompts."""


def needed(specs: Iterable[MetricSpec], judge: config.JudgeConfig) -> tuple[str, ...]:
    """The modules that take long to import and that scoring by these metrics and this judge needs."""
    modules = [module for spec in specs for module in spec.imports]
    return tuple(dict.fromkeys([*modules, *judge.imports, *(_CHECKS if modules else ())]))


class HeavyImports:
    """Modules that are imported once, by a thread that is begun when there is something else to wait for.

    Nothing else may import them before: who needs one waits until all are there.
    """

    def __init__(self, modules: Iterable[str] = (), then: Callable[[], object] = lambda: None) -> None:
        """`then` is called when all are there and somebody waits for them."""
        self._modules = tuple(modules)
        self._then = then
        self._thread: threading.Thread | None = None
        self._end: Future[None] = Future()
        self._end.set_running_or_notify_cancel()  # who waits may be cancelled, and the others wait on
        if all(name in sys.modules for name in self._modules):
            self._end.set_result(None)

    def begin(self) -> None:
        """See that the thread is begun; it is waited for at the end of the program, as an import cannot be stopped."""
        if self._thread is None and not self._end.done():
            self._thread = threading.Thread(target=self._import, name="imports")
            self._thread.start()

    async def done(self) -> None:
        """Return when all are imported; raises what an import raised, for all who wait."""
        if not self._end.done():
            self.begin()
            with suppress(Exception):  # raised below
                await asyncio.wrap_future(self._end)
        self._end.result()
        then, self._then = self._then, lambda: None
        then()

    def _import(self) -> None:
        try:
            for name in self._modules:
                importlib.import_module(name)
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self._end.set_exception(error)
        else:
            self._end.set_result(None)
