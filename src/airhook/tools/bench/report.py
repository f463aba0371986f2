"""Figures of a benchmark: as a table for people, as JSON for scripts. What is promised stands beside what was measured."""

from typing import Any

import msgspec

from airhook.tools.bench import machine
from airhook.tools.terminal import Paint, table


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """``text`` says what was promised (docs/bench.md), ``kept`` whether these figures keep it."""

    text: str
    kept: bool


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """``figures`` by their names for scripts; ``promises`` by the figure that they speak of."""

    name: str
    figures: dict[str, float | int | str]
    promises: dict[str, Promise] = msgspec.field(default_factory=dict)
    runs: list[dict[str, float]] = msgspec.field(default_factory=list)

    def for_scripts(self) -> dict[str, Any]:
        return {
            "bench": self.name,
            **{name: _rounded(value) for name, value in self.figures.items()},
            "promises": {name: {"text": one.text, "kept": one.kept} for name, one in self.promises.items()},
            "runs": [{name: _rounded(value) for name, value in run.items()} for run in self.runs],
            **machine.described(),
        }

    def for_people(self) -> str:
        rows = [
            (name, _shown(value), *_judged(self.promises.get(name))) for name, value in self.figures.items()
        ]
        about = machine.described()["machine"]
        where = f"{about['processor']}, {about['cores']} cores, load {about['load_1min']}"
        head = Paint()("bold", f"airhook bench {self.name}")
        return f"{head} on {where}\n{table(('figure', 'value', 'promise', ''), rows)}"


def _judged(promise: Promise | None) -> tuple[str, str]:
    return ("", "") if promise is None else (promise.text, "kept" if promise.kept else "MISSED")


def _rounded(value: float | str) -> float | str:
    return round(value, 3) if isinstance(value, float) else value


def _shown(value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if abs(value) >= 1000 or isinstance(value, int) else f"{value:,.2f}"
