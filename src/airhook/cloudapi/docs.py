"""The page of all actions, ``docs/actions.md``, made from the catalogue: ``python -m airhook.cloudapi.docs``."""

from collections.abc import Iterator

from airhook.cloudapi.actions import ACTIONS
from airhook.cloudapi.catalogue import GROUPS, VERSION
from airhook.cloudapi.unsupported import why

HEAD = f"""# All actions

The version `{VERSION}` of the API `live` has {{total}} actions. Airhook answers {{answered}} of them, which
[api.md](api.md) describes one by one. To the others it says `UnsupportedOperation` and why; any other name is an
`InvalidAction`.
"""


def render() -> str:
    total = sum(len(names) for names in GROUPS.values())
    return "".join((HEAD.format(total=total, answered=len(ACTIONS)), *_groups()))


def _groups() -> Iterator[str]:
    for group, names in GROUPS.items():
        answered = sum(name in ACTIONS for name in names)
        yield f"\n## {group[0].upper()}{group[1:]}\n\n"
        yield f"{answered} of {len(names)} are answered.\n\n| action | state |\n|---|---|\n"
        yield from (f"| `{name}` | {_state(name)} |\n" for name in names)


def _state(name: str) -> str:
    return "answered" if name in ACTIONS else f"`UnsupportedOperation`: {why(name)}."


if __name__ == "__main__":
    print(render(), end="")
