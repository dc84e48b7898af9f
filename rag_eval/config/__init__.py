"""What an experiment may say, as frozen models; `configfile` reads them from YAML."""

from rag_eval.config.dataset import DatasetConfig
from rag_eval.config.env import each_variable, expand, secret, variables_of
from rag_eval.config.experiment import (
    DEFAULT_METRICS,
    Experiment,
    MlflowConfig,
    RefusalsConfig,
    checked_name,
)
from rag_eval.config.kinds import AuthConfig, JudgeConfig, OfKind, TargetConfig
from rag_eval.config.load import EndpointConfig, LoadConfig, SloConfig
from rag_eval.config.paths import BESIDE, FileName, FilePath, demand_files
from rag_eval.config.sensitive import Url, is_secret, looks_secret, texts
from rag_eval.config.target import BreakerConfig, SelectConfig, StreamConfig, Thinking, TlsConfig

__all__ = [
    "BESIDE",
    "DEFAULT_METRICS",
    "AuthConfig",
    "BreakerConfig",
    "DatasetConfig",
    "EndpointConfig",
    "Experiment",
    "FileName",
    "FilePath",
    "JudgeConfig",
    "LoadConfig",
    "MlflowConfig",
    "OfKind",
    "RefusalsConfig",
    "SelectConfig",
    "SloConfig",
    "StreamConfig",
    "TargetConfig",
    "Thinking",
    "TlsConfig",
    "Url",
    "checked_name",
    "demand_files",
    "each_variable",
    "expand",
    "is_secret",
    "looks_secret",
    "secret",
    "texts",
    "variables_of",
]
