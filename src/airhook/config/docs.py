"""The page of the settings, ``docs/settings.md``, made from the tree: ``python -m airhook.config.docs``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

from airhook.config import tree
from airhook.config.kinds import Address
from airhook.config.load import known, variable

HEAD = """# Settings

Every setting has a default, so `airhook serve` runs without any. They are read once, at the start, from these sources;
each is stronger than the one before:

1. the defaults below;
2. `airhook.toml` in the data folder (`airhook init --local` writes it);
3. `airhook.toml` in the working folder, or the file that `--config FILE` or `AIRHOOK_CONFIG` names instead of it;
4. the environment.

The two ways to write one:

```toml
# airhook.toml
[targets]
allow = ["10.0.0.0/8", "::1/128"]
```

```sh
export AIRHOOK_TARGETS__ALLOW=10.0.0.0/8,::1/128     # sections and names joined by two underscores, lists by commas
```

A wrong value, an unknown name or an unreadable file stops the start and names itself.
"""


def render() -> str:
    """The whole page, Markdown."""
    hints = get_type_hints(tree.Settings, include_extras=True)
    names = list(known())
    parts = [HEAD, *_table([name for name in names if "." not in name])]
    for section, kind in hints.items():
        own = [name for name in names if name.startswith(f"{section}.")]
        if own:
            parts += [f"## `[{section}]`\n", f"{kind.__doc__}\n", *_table(own)]
    return "\n".join(parts)


def _table(names: list[str]) -> Iterator[str]:
    yield "| setting, environment | default | meaning |\n|---|---|---|"
    for name in names:
        setting = known()[name]
        key = f"`{name}`<br>`{variable(name)}`"
        if setting.kind.secret:
            key += f"<br>`{variable(name)}_FILE`"
        default = setting.shown or _plain(_default(name))
        yield f"| {key} | {default} | {setting.text} Allowed: {_escaped(setting.kind.allowed)}. |"
    yield ""


def _default(name: str) -> object:
    value: Any = tree.Settings()
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, float):
        return f"`{value:.10g}`"
    if isinstance(value, str | Path | Address):
        return f"`{value}`" if str(value) else "empty"
    return f"`{value}`" if value != () else "empty"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("[", "\\[")


if __name__ == "__main__":
    print(render(), end="")
