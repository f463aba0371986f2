"""Under which account, event type and template operational events go out: none of them is anybody's."""

from airhook.core.delivery_options import DeliveryOptions, Profile
from airhook.core.templates import CallbackTemplate

ACCOUNT = 0
EVENT_TYPE = 1000
TEMPLATE = -1


def template(key: str) -> CallbackTemplate:
    """Signs as Standard Webhooks do; an empty key signs nothing."""
    options = DeliveryOptions(profile=Profile.STANDARD, webhook_secret=key)
    return CallbackTemplate(id=TEMPLATE, account_id=ACCOUNT, name="operations", options=options)
