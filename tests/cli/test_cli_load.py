"""What `rag-eval load` takes from the command line in place of an experiment's section `load`."""

from typing import Any

import pytest
from support import samples

from rag_eval.cli.load import LoadOverrides, _overridden, _place
from rag_eval.errors import ConfigError, UsageError

_NOTHING: dict[str, Any] = {
    "users": None, "duration": None, "shape": None, "arrivals": None, "sample": None, "p95": None, "errors": None,
    "hosts": (), "mlflow": True,
}  # fmt: skip


def _overrides(**changes: Any) -> LoadOverrides:
    return LoadOverrides(**{**_NOTHING, **changes})


def test_nothing_said_changes_nothing() -> None:
    """The file's word holds."""
    experiment = samples.experiment(load={"users": 7, "hosts": ["a.example"]})
    assert _overridden(experiment, _overrides()) == experiment


def test_what_is_said_takes_the_place_of_the_file_s() -> None:
    """Gates one by one, hosts beside those of the file."""
    experiment = samples.experiment(load={"users": 7, "hosts": ["a.example"], "slo": {"p95": 1.0, "errors": 0.5}})
    load = _overridden(experiment, _overrides(users=9, duration="2m", errors=0.1, hosts=("b.example",))).load
    assert (load.users, load.duration, load.hosts) == (9, 120.0, ("a.example", "b.example"))
    assert (load.slo.p95, load.slo.errors) == (1.0, 0.1)


def test_captured_times_are_of_the_shape_that_takes_them() -> None:
    """Naming them is naming the shape; another shape leaves them out."""
    load = _overridden(samples.experiment(), _overrides(arrivals="capture/")).load
    assert (load.shape, load.arrivals) == ("replay", "capture/")
    replayed = samples.experiment(load={"shape": "replay", "arrivals": "capture/"})
    assert _overridden(replayed, _overrides(shape="steady")).load.arrivals is None


def test_what_makes_no_load_is_named_by_its_setting() -> None:
    """As in a file."""
    with pytest.raises(ConfigError, match=r"load\.duration: "):
        _overridden(samples.experiment(), _overrides(duration="soon"))


@pytest.mark.parametrize("bind", ["5557", ":5557", "host:", "host:port"])
def test_a_place_to_lead_from_is_host_and_port(bind: str) -> None:
    """Both are said."""
    assert _place("10.0.0.5:5557") == ("10.0.0.5", 5557)
    with pytest.raises(UsageError, match="reads HOST:PORT"):
        _place(bind)
