"""Asking once a second for each key, and for no more keys than memory is to be had for."""

import asyncio
from typing import Any

import pytest

from airhook.control import lookups
from airhook.control.lookups import KNOWN_FOR_S, Lookups
from airhook.core.errors import UnavailableError
from support.desk import SetClock, wait


class Asked:
    """A database that answers with the key itself, and remembers what it was asked."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.fault: Exception | None = None

    async def __call__(self, key: str) -> str:
        self.keys.append(key)
        await asyncio.sleep(0)
        if self.fault:
            raise self.fault
        return key


def test_those_who_ask_at_once_share_a_question() -> None:
    async def work() -> None:
        asked = Asked()
        known = Lookups(SetClock(), asked)
        assert await asyncio.gather(*(known.get("a") for _ in range(5))) == ["a"] * 5
        assert asked.keys == ["a"]

    wait(work())


def test_an_answer_is_a_second_old_at_most() -> None:
    async def work() -> None:
        asked, clock = Asked(), SetClock()
        known = Lookups(clock, asked)
        for _ in range(3):
            await known.get("a")
            clock.ms += round(KNOWN_FOR_S * 1000) - 1
            await known.get("a")
            clock.ms += 1
        assert asked.keys == ["a"] * 3

    wait(work())


def test_a_fault_is_forgotten_at_once() -> None:
    async def work() -> None:
        asked = Asked()
        known = Lookups(SetClock(), asked)
        asked.fault = UnavailableError()
        with pytest.raises(UnavailableError):
            await known.get("a")
        asked.fault = None
        assert await known.get("a") == "a"

    wait(work())


def test_one_who_gives_up_does_not_take_the_answer_from_the_others() -> None:
    async def work() -> None:
        known = Lookups(SetClock(), Asked())
        first, second = (asyncio.create_task(known.get("a")) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == "a"

    wait(work())


def test_guesses_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        monkeypatch.setattr(lookups, "MAX_KNOWN", 10)
        asked, freed = Asked(), 0

        class Answer:
            def __del__(self) -> None:
                nonlocal freed
                freed += 1

        async def ask(key: str) -> Any:
            await asked(key)
            return Answer()

        known = Lookups(SetClock(), ask)
        for guess in range(100):
            await known.get(str(guess))
        assert freed >= 90

    wait(work())
