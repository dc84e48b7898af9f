"""How many users there are when."""

import pytest

from rag_eval import config
from rag_eval.loadtest.shapes import users_at


def load(**said: object) -> config.LoadConfig:
    """A section `load`."""
    return config.LoadConfig.model_validate({"users": 100, "duration": 120, **said})


@pytest.mark.parametrize("shape", ["steady", "ramp", "burst", "replay"])
def test_every_shape_ends(shape: str) -> None:
    """When its time is over, and not before; never more users than were asked for, never none."""
    said = load(shape=shape, arrivals="traces/" if shape == "replay" else None)
    assert users_at(said, 120, 120) is None
    for second in range(120):
        found = users_at(said, second, 120)
        assert found is not None
        assert 1 <= found[0] <= 100
        assert found[1] > 0


def test_steady_comes_within_its_time() -> None:
    """A hundred users in ten seconds are ten a second; without a time they come at once."""
    assert users_at(load(ramp_up=10), 0, 120) == (100, 10.0)
    at_once = users_at(load(ramp_up=0), 0, 120)
    assert at_once is not None
    assert at_once[1] >= 100


def test_ramp_grows_to_the_end() -> None:
    """By and by, and all are there before it is over."""
    counts = [found[0] for second in range(120) if (found := users_at(load(shape="ramp"), second, 120))]
    assert counts == sorted(counts)
    assert (counts[0], counts[59], counts[-1]) == (1, 50, 100)


def test_burst_has_rests() -> None:
    """A fifth of the users, and all for ten seconds of every thirty, the first burst after a rest."""
    counts = [found[0] for second in range(60) if (found := users_at(load(shape="burst"), second, 120))]
    assert counts == [20] * 20 + [100] * 10 + [20] * 20 + [100] * 10


@pytest.mark.parametrize(
    ("said", "seconds"), [("90", 90), ("90s", 90), ("2m", 120), ("1h30m", 5400), ("1.5m", 90), (45, 45)]
)
def test_durations(said: object, seconds: float) -> None:
    """As people write them."""
    assert load(duration=said).duration == seconds


@pytest.mark.parametrize(
    "said",
    [
        {"duration": "soon"},
        {"duration": "-5"},
        {"duration": 0},
        {"wait": [3, 1]},
        {"wait": [-1, 1]},
        {"weight": 0},
        {"shape": "replay"},
        {"arrivals": "traces/"},
        {"endpoints": [{"name": "query", "url": "http://127.0.0.1"}]},
        {"endpoints": [{"name": "a", "url": "http://127.0.0.1"}, {"name": "a", "url": "http://127.0.0.1"}]},
        {"slo": {"errors": 2}},
        {"user": 5},
    ],
)
def test_what_is_no_load(said: dict[str, object]) -> None:
    """Is refused before anybody is asked."""
    with pytest.raises(ValueError, match="validation error"):
        load(**said)
