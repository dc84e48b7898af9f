"""What an experiment may say, as frozen models; `configfile` reads them from YAML."""

from rag_eval.config.auth import ApiKeyConfig, BasicConfig, BearerConfig, LoginConfig, NoAuthConfig, OAuth2Config
from rag_eval.config.custom import CustomConfig
from rag_eval.config.dataset import DatasetConfig
from rag_eval.config.env import Url, each_variable, expand, is_secret, secret
from rag_eval.config.experiment import (
    DEFAULT_METRICS,
    Experiment,
    JudgeConfig,
    MlflowConfig,
    RefusalsConfig,
    TargetConfig,
    checked_name,
)
from rag_eval.config.judge import EmbeddedJudgeConfig, OpenAIJudgeConfig, PricesConfig
from rag_eval.config.load import EndpointConfig, LoadConfig, SloConfig
from rag_eval.config.target import (
    BreakerConfig,
    HttpConfig,
    ReplayConfig,
    SelectConfig,
    StreamConfig,
    Thinking,
    TlsConfig,
    Way,
)

__all__ = [
    "DEFAULT_METRICS",
    "ApiKeyConfig",
    "BasicConfig",
    "BearerConfig",
    "BreakerConfig",
    "CustomConfig",
    "DatasetConfig",
    "EmbeddedJudgeConfig",
    "EndpointConfig",
    "Experiment",
    "HttpConfig",
    "JudgeConfig",
    "LoadConfig",
    "LoginConfig",
    "MlflowConfig",
    "NoAuthConfig",
    "OAuth2Config",
    "OpenAIJudgeConfig",
    "PricesConfig",
    "RefusalsConfig",
    "ReplayConfig",
    "SelectConfig",
    "SloConfig",
    "StreamConfig",
    "TargetConfig",
    "Thinking",
    "TlsConfig",
    "Url",
    "Way",
    "checked_name",
    "each_variable",
    "expand",
    "is_secret",
    "secret",
]
