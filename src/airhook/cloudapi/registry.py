"""Which action answers under which name.

An action is a struct of parameters with the action's name, an async function, and this decorator between them::

    class DeleteLiveCallbackTemplate(Parameters):
        template_id: Int64

    @answers(DeleteLiveCallbackTemplate)
    async def delete(call: Call, wanted: DeleteLiveCallbackTemplate) -> None:
        await templates.delete(call.desk, call.account_id, wanted.template_id)
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from airhook.cloudapi.failures import Failures
from airhook.cloudapi.parameters import P, Parameters
from airhook.control.base import Desk


class Call(NamedTuple):
    """Who asks, and where the answer is to be found."""

    desk: Desk
    account_id: int


class Fields(msgspec.Struct, rename="pascal"):
    """What an action answers, or a structure in it."""


class Action(NamedTuple):
    parameters: type[Parameters]
    run: Callable[[Call, Any], Awaitable[Fields | None]]
    failures: Failures


ACTIONS: dict[str, Action] = {}


def answers(
    parameters: type[P], failures: Failures | None = None
) -> Callable[[Callable[[Call, P], Awaitable[Fields | None]]], Callable[[Call, P], Awaitable[Fields | None]]]:
    """Let a function answer the action that ``parameters`` is named after."""

    def register(
        run: Callable[[Call, P], Awaitable[Fields | None]],
    ) -> Callable[[Call, P], Awaitable[Fields | None]]:
        ACTIONS[parameters.__name__] = Action(parameters, run, failures or Failures())
        return run

    return register
