"""What the facts of all event types have in common, and the kinds of values in them."""

from typing import Annotated, Literal

import msgspec

MAX_INT64 = 2**63 - 1

Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_INT64)]
Integer = Annotated[int, msgspec.Meta(ge=-MAX_INT64, le=MAX_INT64)]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799)]  # UNIX seconds, up to the year 9999
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Digits = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,32}$")]
Suggestion = Literal["Block", "Review", "Pass"]


class Fact(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="fact",
):
    """Facts of one event. Fields bear the names of the callback's fields (contract 2) in snake_case.

    What can be None was not told, and is left out of the body.
    """

    appid: Count = 0  # of the account


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value inside facts."""
