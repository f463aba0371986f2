"""Reading the settings: defaults, then files, then the environment; the first wrong value stops the start.

Sources, each stronger than the one before:

1. the defaults in ``config.tree``;
2. ``airhook.toml`` in the data folder (``airhook init --local`` writes it);
3. ``airhook.toml`` in the working folder, or the file that ``--config`` or ``AIRHOOK_CONFIG`` names instead;
4. the environment: ``AIRHOOK_`` and the setting's name in capitals, its parts joined by ``__``. A secret may also
   be in a file that ``AIRHOOK_..._FILE`` names.

A message names a setting as its user wrote it: ``AIRHOOK_RTMP__LISTEN`` or ``rtmp.listen in airhook.toml``.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

from airhook.config.kinds import WrongError
from airhook.config.setting import Setting
from airhook.config.tree import Settings
from airhook.core.errors import ConfigError

FILE_NAME = "airhook.toml"
PREFIX = "AIRHOOK_"
CONFIG_VARIABLE = "AIRHOOK_CONFIG"


class Found(NamedTuple):
    """A raw value, and what its user calls the setting there."""

    value: object
    where: str


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read and check every setting. ``path`` is the file that ``--config`` names.

    Raises ``ConfigError``, which names the setting, what was found and what is allowed.
    """
    strong = from_environment(environ)
    chosen = path or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if chosen or Path(FILE_NAME).exists():
        strong = {**from_file(chosen or Path(FILE_NAME)), **strong}
    return _build({**_from_data_folder(_build(strong), chosen), **strong})


def known() -> dict[str, Setting]:
    """Every setting by its full name, such as ``rtmp.listen``, in the order of the tree."""
    return dict(_leaves(Settings))


def variable(name: str) -> str:
    """A setting's name in the environment."""
    return PREFIX + name.upper().replace(".", "__")


def from_environment(environ: Mapping[str, str]) -> dict[str, Found]:
    """The settings that the environment holds. Raises ``ConfigError`` for a variable that is none."""
    names = {variable(name): name for name in known()}
    files = {f"{variable(name)}_FILE": name for name, setting in known().items() if setting.kind.secret}
    found: dict[str, Found] = {}
    for key in sorted(environ):
        if key in files:
            if variable(files[key]) in environ:
                raise ConfigError(f"{key} and {variable(files[key])} are both set: remove one of them")
            found[files[key]] = Found(_read(Path(environ[key]), f"{key} names ").rstrip("\r\n"), key)
        elif key in names:
            found[names[key]] = Found(environ[key], key)
        elif key.startswith(PREFIX) and key != CONFIG_VARIABLE:
            raise ConfigError(f"{key} is no setting{_close(key, [*names, *files])}")
    return found


def from_file(path: Path) -> dict[str, Found]:
    """The settings that a file holds. Raises ``ConfigError`` when it is unreadable or holds something else."""
    try:
        table = tomllib.loads(_read(path, "the settings file "))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from None
    return {name: Found(value, f"{name} in {path}") for name, value in _flatten(table, path)}


def _from_data_folder(sofar: Settings, chosen: Path | None) -> dict[str, Found]:
    path = sofar.data_dir / FILE_NAME
    read_already = chosen or Path(FILE_NAME)
    if not path.exists() or (read_already.exists() and path.samefile(read_already)):
        return {}
    found = from_file(path)
    if "data_dir" in found:
        raise ConfigError(
            f"data_dir in {path} comes too late: this file was found through it; set {variable('data_dir')}"
        )
    return found


def _read(path: Path, what: str) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{what}{path}, which is not UTF-8 text") from None
    except OSError as error:
        raise ConfigError(f"{what}{path}, which cannot be read: {error.strerror}") from None


def _flatten(table: Mapping[str, Any], path: Path, section: str = "") -> Iterator[tuple[str, object]]:
    settings = known()
    sections = {name.rpartition(".")[0] for name in settings} - {""}
    for key, value in table.items():
        name = f"{section}{key}"
        if name in settings:
            yield name, value
        elif name not in sections:
            raise ConfigError(f"{name} in {path} is no setting{_close(name, [*settings, *sections])}")
        elif isinstance(value, dict):
            yield from _flatten(value, path, f"{name}.")
        else:
            raise ConfigError(f"{name} in {path} is a section: write [{name}], and its settings below it")


def _build(found: Mapping[str, Found]) -> Settings:
    settings = _fill(Settings, found, "")
    assert isinstance(settings, Settings)
    return settings


def _fill(section: type[Any], found: Mapping[str, Found], prefix: str) -> Any:
    values: dict[str, object] = {}
    for field, hint in get_type_hints(section, include_extras=True).items():
        name = f"{prefix}{field}"
        setting = _setting(hint)
        if setting is None:
            values[field] = _fill(hint, found, f"{name}.")
        elif name in found:
            values[field] = _value(setting, found[name])
    return section(**values)


def _value(setting: Setting, found: Found) -> object:
    try:
        return setting.kind.read(found.value)
    except WrongError as wrong:
        what = "what was found is not allowed" if setting.kind.secret else str(wrong)
        raise ConfigError(f"{found.where}: {what}; it must be {setting.kind.allowed}") from None


def _leaves(section: type[Any], prefix: str = "") -> Iterator[tuple[str, Setting]]:
    for field, hint in get_type_hints(section, include_extras=True).items():
        setting = _setting(hint)
        if setting is None:
            yield from _leaves(hint, f"{prefix}{field}.")
        else:
            yield f"{prefix}{field}", setting


def _setting(hint: Any) -> Setting | None:
    return next((item for item in getattr(hint, "__metadata__", ()) if isinstance(item, Setting)), None)


def _close(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]}?" if near else "; docs/settings.md lists them all"
