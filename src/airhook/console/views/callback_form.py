"""Creating, changing and duplicating a callback template: one form, as a dialog or as a page of its own."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console import callback_events
from airhook.console.forms import Form
from airhook.console.session import user_of
from airhook.console.views.base import Kit, done, read_fields
from airhook.console.views.callback_options import options_of, options_shown
from airhook.control import templates
from airhook.control.templates import TemplateForm
from airhook.core.accounts import Role
from airhook.core.delivery_options import Profile, SignMode
from airhook.core.errors import AirhookError, ConflictError, InvalidError, NotFoundError
from airhook.core.templates import CONSOLE_LIMITS, MAX_KEY_LENGTH, CallbackTemplate

LIST = "/console/callbacks"


class CallbackForm:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def blank(self, request: Request) -> Response:
        """An empty form, or with ``from`` a copy of a template."""
        copied = request.query_params.get("from", "")
        form = shown(await self._find(request, copied), duplicate=True) if copied else Form.of(DEFAULTS)
        return self._page(request, form)

    async def create(self, request: Request) -> Response:
        form = await read_fields(request)
        desk = self._kit.desk_of(request)
        try:
            wanted = filled(form, None)
            made = await templates.create(desk, user_of(request).account_id, wanted, limits=CONSOLE_LIMITS)
        except AirhookError as error:
            return self._page(request, form.refuse(error, field_of(error)), status=422)
        unknown = await templates.unresolved(desk, wanted)
        return done(
            request, f"{LIST}/{made.id}", "template_created_unresolved" if unknown else "template_created"
        )

    async def edit(self, request: Request) -> Response:
        template = await self._find(request, request.path_params["template_id"])
        return self._page(request, shown(template), template)

    async def change(self, request: Request) -> Response:
        form = await read_fields(request)
        desk = self._kit.desk_of(request)
        template = await self._find(request, request.path_params["template_id"])
        seen = form.value("version")
        try:
            wanted = filled(form, template)
            await templates.change(
                desk,
                template.account_id,
                template.id,
                wanted,
                limits=CONSOLE_LIMITS,
                seen_version=int(seen) if seen.isdecimal() else -1,
            )
        except NotFoundError:
            raise HTTPException(404) from None
        except AirhookError as error:
            status = 409 if isinstance(error, ConflictError) else 422
            return self._page(request, form.refuse(error, field_of(error)), template, status=status)
        unknown = await templates.unresolved(desk, wanted)
        return done(
            request, f"{LIST}/{template.id}", "template_changed_unresolved" if unknown else "template_changed"
        )

    async def _find(self, request: Request, template_id: object) -> CallbackTemplate:
        return await find_template(self._kit, request, template_id)

    def _page(
        self, request: Request, form: Form, template: CallbackTemplate | None = None, *, status: int = 200
    ) -> Response:
        return self._kit.pages.html(
            request,
            "callbacks/form.html",
            status,
            form=form,
            template=template,
            events=callback_events,
            limits=CONSOLE_LIMITS,
            key_length=MAX_KEY_LENGTH,
            back=f"{LIST}/{template.id}" if template else LIST,
        )


async def find_template(kit: Kit, request: Request, template_id: object) -> CallbackTemplate:
    """The signed-in user's template; else "not found"."""
    text = str(template_id)
    if not text.isdecimal() or len(text) > 18:
        raise HTTPException(404)
    try:
        return await templates.get(kit.desk, user_of(request).account_id, int(text))
    except NotFoundError:
        raise HTTPException(404) from None


def field_of(error: AirhookError) -> str | None:
    """The form's name of the field that an error speaks of."""
    if not isinstance(error, InvalidError):
        return None
    field = error.field.removeprefix("options.")
    renamed = {
        "overlap": "overlap_hours",
        "overlap_until_ms": "overlap_hours",
        "record_exception_levels": "levels",
    }
    return "headers" if field.startswith("headers") else renamed.get(field, field)


DEFAULTS = {
    "ordered": "on",
    "profile": Profile.CSS.value,
    "levels": ["error"],
    "sign_mode": SignMode.FRESH.value,
}


def shown(template: CallbackTemplate, *, duplicate: bool = False) -> Form:
    """A form with what is stored. A private key is never shown; an empty field keeps it."""
    name = f"{template.name[: CONSOLE_LIMITS.name - 5]}-copy" if duplicate else template.name
    values: dict[str, str | list[str]] = {
        "name": name,
        "description": template.description,
        "callback_key": template.callback_key,
        "version": str(template.version),
        "levels": list(template.record_exception_levels),
        "ordered": ["on"] if template.ordered else [],
        **options_shown(template.options, with_certificate=not duplicate),
    }
    values.update({f"urls.{kind}": url for kind, url in template.urls.items()})
    return Form.of(values)


def filled(form: Form, old: CallbackTemplate | None) -> TemplateForm:
    """What the form wants. Raises ``InvalidError`` for what cannot be read as a list, a number or a header."""
    return TemplateForm(
        name=form.value("name"),
        description=form.value("description"),
        callback_key=form.value("callback_key"),
        urls={int(kind): form.value(f"urls.{kind.value}") for kind in callback_events.ALL},
        record_exception_levels=form.all("levels"),
        ordered=form.has("ordered"),
        options=options_of(form, old),
    )


def routes(kit: Kit) -> list[Route]:
    page = CallbackForm(kit)
    operator = Role.OPERATOR
    edit = "/callbacks/{template_id:int}/edit"
    return [
        kit.page("/callbacks/new", page.blank, needs=operator),
        kit.page("/callbacks/new", page.create, needs=operator, methods=["POST"]),
        kit.page(edit, page.edit, needs=operator),
        kit.page(edit, page.change, needs=operator, methods=["POST"]),
    ]
