"""Errors that a caller can do something about. The docstring is the default message."""


class AirhookError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__ or type(self).__name__)

    @property
    def message(self) -> str:
        return str(self.args[0])


class InvalidError(AirhookError):
    """A value breaks a rule.

    ``field`` is the name in the product's own words (``name``, ``callback_key``, ``urls.1``), so that each
    face can show it under the name its users know. ``rule`` is a short stable word for the rule broken.
    """

    def __init__(self, field: str, message: str, *, rule: str = "invalid") -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.rule = rule
        self.reason = message


class StandingError(InvalidError):
    """What is asked for cannot be had as things stand now: no other value would be right."""


class NotFoundError(AirhookError):
    """There is no such thing, or it belongs to another account."""

    def __init__(self, kind: str, name: object) -> None:
        super().__init__(f"{kind} {name} does not exist")
        self.kind = kind


class AlreadyExistsError(AirhookError):
    """The thing exists already."""

    def __init__(self, kind: str, name: object, *, hint: str = "") -> None:
        super().__init__(f"{kind} {name} exists already" + (f"; {hint}" if hint else ""))
        self.kind = kind


class InUseError(AirhookError):
    """The thing is still used by rules."""

    def __init__(self, kind: str, name: object, users: list[str], *, rule: str = "callback rule") -> None:
        rules = f"the {rule}" if len(users) == 1 else f"the {rule}s"
        super().__init__(f"{kind} {name} is still used by {', '.join(users)}; remove {rules} first")
        self.kind = kind
        self.users = users


class PushedError(InUseError):
    """Publishers push to the domain, or did lately."""

    def __init__(self, name: str, lock_days: int) -> None:
        since = f" or was within {lock_days} days (limits.domain_lock_days)" if lock_days else ""
        AirhookError.__init__(self, f"domain {name} cannot be removed while a push to it is on{since}")
        self.kind = "domain"
        self.users = []


class LimitError(AirhookError):
    """A limit of the account is reached."""

    def __init__(self, kind: str, limit: int, *, setting: str = "") -> None:
        remedy = f"; raise {setting} to allow more" if setting else ""
        super().__init__(f"the account already has {limit} {kind}s{remedy}")
        self.kind = kind
        self.limit = limit
        self.setting = setting


class ConflictError(AirhookError):
    """Somebody else has changed the thing since it was read, or its state does not allow what is asked."""

    def __init__(self, kind: str, name: object, *, why: str = "") -> None:
        why = why or "was changed meanwhile; read it again, then change it"
        super().__init__(f"{kind} {name} {why}")
        self.kind = kind


class ConfigError(AirhookError):
    """A setting is wrong; the start is refused."""


class UnavailableError(AirhookError):
    """The database cannot commit now. Nothing was accepted; try again."""
