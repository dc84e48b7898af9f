"""Deadlines, tries and breakers."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from staging.serving import Clock

from rag_eval.staging.circuits import Circuit, Deadline, State
from rag_eval.staging.errors import Open, PartError, PartRejection, Unreachable


class Part:
    """Does what it is told to, and counts."""

    def __init__(self, *outcomes: PartError | float | str) -> None:
        self.outcomes = list(outcomes)
        self.asked = 0

    async def __call__(self) -> str:
        """The next outcome; the last one again and again. A number is so many seconds of silence."""
        self.asked += 1
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, PartError):
            raise outcome
        if isinstance(outcome, float):
            await asyncio.sleep(outcome)
            return "late"
        return outcome


def circuit(watch: Callable[[str, State], None] = lambda _, __: None, **said: float) -> Circuit:
    """One that is quick to try things on."""
    named = {"failures": 5, "recovery_s": 10.0, "timeout_s": 30.0} | said
    return Circuit(
        "llm", failures=int(named["failures"]), recovery_s=named["recovery_s"], timeout_s=named["timeout_s"],
        watch=watch,
    )  # fmt: skip


def state(circuit: Circuit) -> str:
    """Its state, which may be another one each time."""
    return circuit.state


async def failing(circuit: Circuit, once: Callable[[], Awaitable[str]], seconds: float = 30.0) -> str:
    """The name of the error that a call ends with."""
    try:
        return await circuit.call(once, Deadline(seconds))
    except PartError as error:
        return type(error).__name__


def test_only_what_did_not_answer_is_tried_again() -> None:
    """Three times; what said no is not asked twice."""

    async def main() -> None:
        silent, refusing, slow = Part(Unreachable("x")), Part(PartRejection("x")), Part(Unreachable("x"), "at last")
        assert await failing(circuit(), silent) == "Unreachable"
        assert await failing(circuit(), refusing) == "PartRejection"
        assert await failing(circuit(), slow) == "at last"
        assert (silent.asked, refusing.asked, slow.asked) == (3, 1, 2)

    asyncio.run(main())


@pytest.mark.parametrize("error", [Unreachable("gone"), PartRejection("500")])
def test_opens_after_five_and_asks_one_to_see(clock: Clock, error: PartError) -> None:
    """Five failures open it; then nothing is asked until the time is over, and one probe decides."""
    told: list[State] = []

    async def main() -> None:
        guard, part = circuit(lambda _, state: told.append(state)), Part(error)
        while part.asked < 5:
            await failing(guard, part)
        assert state(guard) == "open"
        assert [await failing(guard, part) for _ in range(20)] == ["Open"] * 20
        assert part.asked == 5
        clock.now += 10.5
        probe = Part(0.1)
        both = await asyncio.gather(*(failing(guard, probe) for _ in range(10)))
        assert sorted(both) == ["Open"] * 9 + ["late"]
        assert probe.asked == 1
        assert state(guard) == "closed"

    asyncio.run(main())
    assert told == ["closed", "open", "half_open", "closed"]


def test_a_failed_probe_opens_it_again_at_once(clock: Clock) -> None:
    """It does not take five more: a breaker that lets five through each time flaps."""

    async def main() -> None:
        guard, part = circuit(), Part(PartRejection("500"))
        for _ in range(5):
            await failing(guard, part)
        clock.now += 10.5
        assert [await failing(guard, part) for _ in range(3)] == ["PartRejection", "Open", "Open"]

    asyncio.run(main())


def test_a_wrong_request_says_nothing_about_the_part() -> None:
    """However often it is refused."""

    async def main() -> None:
        guard, part = circuit(), Part(PartRejection("400", counts=False))
        assert {await failing(guard, part) for _ in range(20)} == {"PartRejection"}
        assert state(guard) == "closed"

    asyncio.run(main())


def test_a_cancelled_request_says_nothing_about_the_part(clock: Clock) -> None:
    """Neither good nor bad: four failures and a client that hangs up are still four; nor is its probe stuck."""

    async def main() -> None:
        guard = circuit()
        for _ in range(4):
            await failing(guard, Part(PartRejection("500")))
        task = asyncio.create_task(failing(guard, Part(60.0)))
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert state(guard) == "closed"
        await failing(guard, Part(PartRejection("500")))
        assert state(guard) == "open"
        clock.now += 10.5
        task = asyncio.create_task(failing(guard, Part(60.0)))
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await failing(guard, Part("back")) == "back"

    asyncio.run(main())


def test_nothing_is_tried_beyond_the_deadline() -> None:
    """A part that hangs takes what is left, and no try begins that could not end in time."""

    async def main() -> None:
        hanging = Part(3600.0)
        assert await failing(circuit(timeout_s=10.0), hanging, seconds=0.3) == "Unreachable"
        assert hanging.asked == 1

    asyncio.run(main())


def test_who_had_no_time_has_not_failed() -> None:
    """A part that is given the crumbs of a deadline is not blamed for it; one that had its time is."""

    async def main() -> None:
        guard = circuit(failures=1, timeout_s=0.2)
        crumbs = Deadline(10.0).less(9.99)
        with pytest.raises(Unreachable):
            await guard.call(Part(60.0), crumbs)
        assert state(guard) == "closed"
        with pytest.raises((Unreachable, Open)):
            await guard.call(Part(60.0), Deadline(10.0))
        assert state(guard) == "open"

    asyncio.run(main())


def test_what_began_before_says_nothing_about_now() -> None:
    """A call that was slow to succeed does not close a circuit that has opened since, nor a late failure reopen it."""

    async def main() -> None:
        guard = circuit()
        opened = asyncio.Event()

        async def slow_one() -> str:
            await opened.wait()
            return "late"

        slow = asyncio.create_task(failing(guard, slow_one))
        await asyncio.sleep(0)
        for _ in range(5):
            await failing(guard, Part(PartRejection("500")))
        opened.set()
        assert await slow == "late"
        assert state(guard) == "open"

    asyncio.run(main())


def test_what_breaks_off_again_and_again_opens_it() -> None:
    """However well it begins each time; one that ends well begins the count anew."""

    async def main() -> None:
        guard = circuit()
        for end in (*[Unreachable("cut")] * 4, None, *[Unreachable("cut")] * 4):
            await guard.call(Part("begun"), Deadline(10.0), begins=True)
            guard.ended(end)
        assert state(guard) == "closed"
        await guard.call(Part("begun"), Deadline(10.0), begins=True)
        guard.ended(Unreachable("cut"))
        assert state(guard) == "open"

    asyncio.run(main())
