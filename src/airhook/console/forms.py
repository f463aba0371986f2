"""What somebody typed, and what is wrong with it: both go back to the page, so that nothing typed is lost."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from airhook.console.words import N_
from airhook.control.accounts import MIN_PASSWORD_LENGTH
from airhook.control.replays import MAX_OPEN
from airhook.core.errors import (
    AirhookError,
    AlreadyExistsError,
    ConflictError,
    InUseError,
    InvalidError,
    LimitError,
    NotFoundError,
    UnavailableError,
)
from airhook.core.replays import MAX_CHOSEN
from airhook.core.templates import CONSOLE_LIMITS, MAX_KEY_LENGTH, MAX_URL_BYTES


class Problem(msgspec.Struct, frozen=True):
    """``text`` is English and translated where it is shown, with ``values`` put in; ``detail`` stays as it is."""

    text: str
    values: dict[str, Any] = msgspec.field(default_factory=dict)
    detail: str = ""


class Form:
    """The fields of a form. A name may come several times, as check boxes do."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields: dict[str, list[str]] = {}
        for name, value in fields:
            self._fields.setdefault(name, []).append(value)
        self.problems: dict[str, Problem] = {}

    @classmethod
    def of(cls, values: Mapping[str, str | Iterable[str]]) -> "Form":
        """A form that shows what is stored."""
        pairs: list[tuple[str, str]] = []
        for name, value in values.items():
            pairs += [(name, value)] if isinstance(value, str) else [(name, one) for one in value]
        return cls(pairs)

    def value(self, name: str) -> str:
        """The last value of a field, with white space at its ends cut off; empty when it did not come."""
        values = self._fields.get(name)
        return values[-1].strip() if values else ""

    def all(self, name: str) -> list[str]:
        return self._fields.get(name, [])

    def has(self, name: str, value: str = "on") -> bool:
        return value in self._fields.get(name, ())

    def came(self, name: str) -> bool:
        return name in self._fields

    def problem(self, name: str) -> Problem | None:
        return self.problems.get(name)

    def refuse(self, error: AirhookError, field: str | None = None) -> "Form":
        """Put ``error`` beside its field, or above the form when it has none.

        ``field`` is the form's name of it, where the use case has another.
        """
        if isinstance(error, UnavailableError):
            raise error
        own = error.field if isinstance(error, InvalidError) else ""
        self.problems[own if field is None else field] = problem_of(error)
        return self


def problem_of(error: AirhookError) -> Problem:
    """What to tell about an error that its caller can do something about."""
    if isinstance(error, InvalidError):
        special = _OF_FIELD.get((error.field.partition(".")[0], error.rule))
        text, values = special or _OF_RULE.get(error.rule, (_OTHER, {}))
        return Problem(text, values, error.reason if error.rule in _WITH_DETAIL or text == _OTHER else "")
    if isinstance(error, LimitError):
        return Problem(
            N_("There are %(limit)s already, and no more are allowed. The setting %(setting)s allows more."),
            {"limit": error.limit, "setting": error.setting},
        )
    for kind, text in _OF_KIND.items():
        if isinstance(error, kind):
            return Problem(text)
    return Problem(_OTHER, {}, error.message)


_OTHER = N_("This cannot be saved.")

_OF_KIND: dict[type[AirhookError], str] = {
    AlreadyExistsError: N_("There is one already."),
    InUseError: N_("It is still in use."),
    NotFoundError: N_("It is not there any more."),
    ConflictError: N_(
        "Somebody else has changed it since you opened this form. Look at what is stored now, then change it again."
    ),
}

_WITH_DETAIL = frozenset({"unsafe", "invalid", "unknown", "range", "pem", "reserved", "repeated"})
"""Of these rules the reason says more than a sentence of ours could."""

_OF_RULE: dict[str, tuple[str, dict[str, Any]]] = {
    "required": (N_("This has to be filled in."), {}),
    "too_long": (N_("This is too long."), {}),
    "too_short": (N_("This is too short."), {}),
    "characters": (N_("It holds characters that are not allowed here."), {}),
    "format": (N_("It does not have the right form."), {}),
    "scheme": (N_("It has to start with http:// or https://."), {}),
    "userinfo": (N_("It must not hold a user name or password."), {}),
    "unsafe": (N_("Its address may not be called."), {}),
    "range": (N_("The value is outside its bounds."), {}),
    "taken": (N_("The name is taken; choose another."), {}),
    "reserved": (N_("Airhook sets this itself."), {}),
    "repeated": (N_("It is given twice."), {}),
    "unknown": (N_("There is no such thing."), {}),
    "type": (N_("This is not a value of the right kind."), {}),
    "value": (N_("This value is not possible here."), {}),
}

_OF_FIELD: dict[tuple[str, str], tuple[str, dict[str, Any]]] = {
    ("password", "too_short"): (N_("At least %(n)s characters."), {"n": MIN_PASSWORD_LENGTH}),
    ("old", "wrong"): (N_("This is not your password."), {}),
    ("again", "differs"): (N_("The two differ."), {}),
    ("formats", "required"): (N_("Choose at least one format."), {}),
    ("ids", "required"): (N_("Select at least one callback."), {}),
    ("ids", "too_many"): (
        N_("At most %(n)s at once; for more, search and send all again."),
        {"n": MAX_CHOSEN},
    ),
    ("ids", "state"): (N_("One of them has not ended yet: it goes out by itself."), {}),
    ("ids", "accounts"): (N_("They belong to several accounts; select those of one."), {}),
    ("replay", "limit"): (
        N_("%(n)s replays are not over yet; wait for them, or cancel some."),
        {"n": MAX_OPEN},
    ),
    ("role", "above"): (N_("That role stands above your own."), {}),
    ("role", "last_owner"): (N_("An owner has to remain."), {}),
    ("enabled", "self"): (N_("Nobody can keep themselves out."), {}),
    ("enabled", "disabled"): (N_("This user is kept out: let them in first."), {}),
    ("app", "characters"): (N_("1 to 128 letters, digits, _ . and -, not starting with a dot."), {}),
    ("stream", "characters"): (N_("1 to 128 letters, digits, _ . and -, not starting with a dot."), {}),
    ("name", "too_long"): (N_("At most %(n)s characters."), {"n": CONSOLE_LIMITS.name}),
    ("name", "characters"): (N_("Only Chinese characters, letters, digits, _ and -."), {}),
    ("description", "too_long"): (N_("At most %(n)s characters."), {"n": CONSOLE_LIMITS.description}),
    ("description", "characters"): (N_("Only Chinese characters, letters, digits, _ and -."), {}),
    ("callback_key", "too_long"): (N_("At most %(n)s characters."), {"n": MAX_KEY_LENGTH}),
    ("callback_key", "characters"): (N_("Only letters A-Z, a-z and digits."), {}),
    ("auth_key", "characters"): (N_("Only letters A-Z, a-z and digits."), {}),
    ("backup_auth_key", "characters"): (N_("Only letters A-Z, a-z and digits."), {}),
    ("urls", "required"): (N_("Give at least one callback URL."), {}),
    ("urls", "too_long"): (N_("At most %(n)s bytes."), {"n": MAX_URL_BYTES}),
    ("urls", "characters"): (N_("Spaces and control characters have to be escaped."), {}),
    ("urls", "format"): (N_("This is no URL with a host name."), {}),
}
