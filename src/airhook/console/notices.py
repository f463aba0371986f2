"""What was just done, said once on the next page: a cookie holds which sentence, so that no link can put words here."""

from starlette.requests import Request
from starlette.responses import Response

from airhook.console.words import N_

COOKIE = "airhook_notice"

NOTICES = {
    "template_created": N_("The template was created. Bind it to a push domain, and callbacks begin."),
    "template_created_unresolved": N_(
        "The template was created. A host name in it does not resolve now: look at its URLs."
    ),
    "template_changed": N_("The template was changed. The change counts at once."),
    "template_changed_unresolved": N_(
        "The template was changed. A host name in it does not resolve now: look at its URLs."
    ),
    "template_deleted": N_("The template was deleted."),
    "bound": N_("Bound. Callbacks follow the template from now on."),
    "unbound": N_("Unbound."),
    "domain_added": N_("The domain was added. Push authentication is on, with a key of its own."),
    "domain_enabled": N_("The domain is enabled: publishers may push."),
    "domain_disabled": N_("The domain is disabled: pushes are refused."),
    "domain_changed": N_("The domain was changed. The change counts at once."),
    "domain_deleted": N_("The domain was deleted."),
    "destination_paused": N_("Paused. Nothing is sent to it until it is resumed."),
    "destination_resumed": N_("Resumed. What has waited goes out now."),
    "destination_limited": N_("The rate limit was changed."),
    "media_template_created": N_(
        "The template was created. Bind it to a push domain, and it counts for pushes that start."
    ),
    "media_template_changed": N_("The template was changed. It counts for pushes that start from now on."),
    "media_bound": N_("Bound. It counts for pushes that start from now on."),
    "resent": N_("It is sent once more: this is the new callback."),
    "cannot_resend_yet": N_("It goes out by itself: only what is delivered or exhausted can be sent again."),
    "cannot_resend": N_("It cannot be sent again: its template is deleted, and with it the key."),
    "replay_created": N_("The replay begins: what the search finds is counted first."),
    "chosen_replay_created": N_("The replay begins."),
    "stream_dropped": N_("The push was ended. Its publisher may push again."),
    "stream_was_not_on": N_("Nothing was ended: the stream was not on."),
    "stream_forbidden": N_("The stream is forbidden, and its push was ended."),
    "stream_resumed": N_("The stream may be pushed again."),
    "source_changed": N_("The source was changed. The change counts at once."),
    "source_removed": N_("The source was removed: its hooks are refused from now on."),
    "user_changed": N_("The user was changed."),
    "user_enabled": N_("The user may sign in again."),
    "user_disabled": N_("The user is kept out, and their sessions have ended."),
    "password_changed": N_("Your password was changed. Your other sessions have ended."),
    "key_enabled": N_("The key is enabled."),
    "key_disabled": N_("The key is disabled: requests with it are refused."),
}
"""By key: English, translated where it is shown. A page family adds its own with ``NOTICES.update``."""


def notice_of(request: Request) -> str:
    """The sentence for this page, in English; empty when there is none."""
    return NOTICES.get(request.cookies.get(COOKIE, ""), "")


def put_notice(response: Response, key: str) -> None:
    assert key in NOTICES, key
    response.set_cookie(COOKIE, key, max_age=60, httponly=True, samesite="lax", path="/console")


def forget_notice(response: Response) -> None:
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", path="/console")
