"""Kinds of targets, judges and credentials: `kind:` in an experiment names a module, which has the model of the rest.

Such a module binds `Config`, the model, and the functions that make something of it; its package says which. What
stands in a catalogue here comes with the package; other packages offer theirs as entry points of the same group.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ValidationInfo
from pydantic_core import PydanticKnownError, core_schema

from rag_eval.config.env import variables_of
from rag_eval.errors import ConfigError
from rag_eval.plugins import Catalogue
from rag_eval.records import Record

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler


class KindConfig(Record):
    """What is set for a part of some kind."""

    kind: str

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that must be there: those that settings ending in `_env` name."""
        return variables_of(self)

    @property
    def addresses(self) -> Mapping[str, str]:
        """Setting to URL, wherever somebody must listen before it can be asked; `${NAME}` may stand in them."""
        return {}


class TargetConfig(KindConfig):
    """What is set for a system under test; the model of each kind of target derives from it."""

    asks_live: ClassVar[bool] = True
    """Whether a system is asked anew each time, or what it once answered is read again."""

    expands: ClassVar[bool] = True
    """Whether `${NAME}` in its settings stands for an environment variable."""
    manner: ClassVar[frozenset[str]] = frozenset({"concurrency"})
    """Settings that say how a system is asked, and not which, or for what: they may change while a run goes on."""

    if TYPE_CHECKING:  # a field of each kind, which stands where that kind has it

        @property
        def concurrency(self) -> int:
            """Questions under way at most."""

    @property
    def repetitions(self) -> int:
        """How often each question is asked."""
        return 1

    @property
    def lacks(self) -> frozenset[str]:
        """Fields that no answer of it will have, as far as its settings tell."""
        return frozenset()

    @property
    def is_conversational(self) -> bool:
        """Whether some questions are turns of a conversation, which are asked in their order."""
        return False


class JudgeConfig(KindConfig):
    """What is set for a judge; the model of each kind of judge derives from it."""

    is_free: ClassVar[bool] = False
    """Whether asking it costs nothing."""
    reads_words: ClassVar[bool] = False
    """Whether it compares words, and knows nothing of what they mean."""
    is_instant: ClassVar[bool] = False
    """Whether it answers in less time than looking a reply up would take, and always the same."""
    imports: ClassVar[tuple[str, ...]] = ()
    """Modules that take long to import: opening it does without; a run imports them while it asks first."""

    if TYPE_CHECKING:

        @property
        def concurrency(self) -> int:
            """Calls under way at most."""

    @property
    def is_priced(self) -> bool:
        """Whether it is known what its calls cost, if they cost anything."""
        return True

    def cost_usd(self, prompt_tokens: int, completion_tokens: int) -> float | None:  # noqa: ARG002 - for other kinds
        """What so many tokens cost in US dollars, None where they cost nothing or nobody said what."""
        return None


class AuthConfig(KindConfig):
    """How a service is given credentials; the model of each kind derives from it."""


@dataclass(frozen=True)
class OfKind:
    """Validates a setting by the model of the kind that it names; beside a type in `Annotated`."""

    catalogue: Catalogue
    model: type[KindConfig]
    """What the model of each kind derives from."""

    def config(self, kind: str) -> type[KindConfig]:
        """The model of a kind; raises `ConfigError` where it cannot be had."""
        model = getattr(self.catalogue.load(kind), "Config", None)
        if isinstance(model, type) and issubclass(model, self.model):
            return model
        raise ConfigError(
            f"the {self.catalogue.kind} {kind!r} is no module whose `Config` derives from rag_eval.config."
            f"{self.model.__name__}"
        )

    def validate(self, value: Any, info: ValidationInfo) -> KindConfig:
        """The value as the model of its kind."""
        if isinstance(value, self.model):
            return value
        if not isinstance(value, Mapping):
            raise PydanticKnownError("model_attributes_type")
        if "kind" not in value:
            raise PydanticKnownError("union_tag_not_found", {"discriminator": "'kind'"})
        kind = value["kind"]
        if kind not in self.catalogue:
            names = ", ".join(map(repr, self.catalogue.names()))
            context = {"discriminator": "'kind'", "tag": str(kind), "expected_tags": names}
            raise PydanticKnownError("union_tag_invalid", context)
        return self.config(kind).model_validate(value, context=info.context)

    def __get_pydantic_core_schema__(self, _: Any, __: "GetCoreSchemaHandler") -> core_schema.CoreSchema:
        return core_schema.with_info_before_validator_function(self.validate, core_schema.any_schema())
