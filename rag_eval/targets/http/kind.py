"""A live service over HTTP as a kind of target."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from rag_eval.ports import Target
from rag_eval.records import Case
from rag_eval.targets.context import TargetContext
from rag_eval.targets.http.config import HttpConfig

Config = HttpConfig


def check(config: HttpConfig) -> None:
    """Compile all that can be wrong; raises `ConfigError`."""
    from rag_eval.targets.http.target import HttpTarget

    HttpTarget(config)


def case_check(config: HttpConfig) -> Callable[[Case], None] | None:
    """What raises `ConfigError` for a case that names a file which must not be sent; None where none names one."""
    from rag_eval.targets.http.request import RequestBuilder

    return RequestBuilder(config).check_case if config.files else None


def connect(config: HttpConfig, context: TargetContext) -> AbstractAsyncContextManager[Target]:
    """The service, with a client that is closed at the end."""
    from rag_eval.targets.http.target import HttpTarget

    return HttpTarget(config, seed=context.seed, run_key=context.run_key, sending=context.sending)
