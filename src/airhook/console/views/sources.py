"""Settings → Sources: media servers in front, the text for their configuration, and what they have told lately."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.forms import Form
from airhook.console.session import user_of
from airhook.console.views.base import Kit, done, read_fields
from airhook.control import domains, sources
from airhook.control.hook_shapes import hook_fields
from airhook.control.sources import SourceForm
from airhook.core.accounts import Role
from airhook.core.errors import AirhookError, InvalidError, NotFoundError
from airhook.core.sources import Source
from airhook.sources.catalogue import configuration, hook_url
from airhook.sources.docs import KINDS

LIST = "/console/sources"
SHOWN_HOOKS = 50
MAX_DIGITS = 6


class Sources:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def index(self, request: Request) -> Response:
        found = await sources.list_all(self._kit.desk, user_of(request).account_id)
        return self._kit.pages.html(request, "sources/list.html", found=found, kinds=KINDS)

    async def blank(self, request: Request) -> Response:
        return await self._form(request, Form.of({"domain_rule": "auto"}))

    async def add(self, request: Request) -> Response:
        form = await read_fields(request)
        try:
            made = await sources.add(
                self._kit.desk_of(request), user_of(request).account_id, form.value("kind"), _read(form)
            )
        except AirhookError as error:
            return await self._form(request, form.refuse(error), status=422)
        return done(request, f"{LIST}/{made.id}")

    async def show(self, request: Request) -> Response:
        source = await self._found(request)
        base = self._kit.settings.public_url or str(request.base_url).removesuffix("/console/")
        return self._kit.pages.html(
            request,
            "sources/show.html",
            source=source,
            kind=KINDS[source.kind],
            hook_url=hook_url(source, base),
            config=configuration(source, base),
            fields=hook_fields,
            hooks=await sources.recent_hooks(self._kit.desk, source.account_id, source.id, SHOWN_HOOKS),
        )

    async def edit(self, request: Request) -> Response:
        source = await self._found(request)
        stored = {
            "name": source.name,
            "domain": source.domain,
            "domain_rule": source.domain_rule.value,
            "allowed": "\n".join(source.allowed),
            "api_url": source.api_url,
            "pull_url": source.pull_url,
            "silence_s": "" if source.silence_s is None else str(source.silence_s),
        }
        return await self._form(request, Form.of(stored), source)

    async def change(self, request: Request) -> Response:
        source = await self._found(request)
        form = await read_fields(request)
        try:
            await sources.change(self._kit.desk_of(request), source.account_id, source.id, _read(form))
        except AirhookError as error:
            return await self._form(request, form.refuse(error), source, status=422)
        return done(request, f"{LIST}/{source.id}", "source_changed")

    async def ask_token(self, request: Request) -> Response:
        return self._kit.pages.html(request, "sources/token.html", source=await self._found(request))

    async def new_token(self, request: Request) -> Response:
        source = await self._found(request)
        desk = self._kit.desk_of(request)
        await sources.change(desk, source.account_id, source.id, SourceForm(new_token=True))
        return done(request, f"{LIST}/{source.id}", "source_changed")

    async def ask_removal(self, request: Request) -> Response:
        return self._kit.pages.html(request, "sources/remove.html", source=await self._found(request))

    async def remove(self, request: Request) -> Response:
        source = await self._found(request)
        await sources.remove(self._kit.desk_of(request), source.account_id, source.id)
        return done(request, LIST, "source_removed")

    async def _found(self, request: Request) -> Source:
        try:
            return await sources.get(
                self._kit.desk, user_of(request).account_id, request.path_params["source"]
            )
        except NotFoundError:
            raise HTTPException(404) from None

    async def _form(
        self, request: Request, form: Form, source: Source | None = None, *, status: int = 200
    ) -> Response:
        account_id = user_of(request).account_id
        known = await domains.list_all(self._kit.desk, account_id)
        choices = [(one.name, one.name) for one in known if one.domain_type == domains.PUSH]
        return self._kit.pages.html(
            request, "sources/form.html", status, form=form, source=source, kinds=KINDS, domains=choices
        )


def _read(form: Form) -> SourceForm:
    """What a form says; an empty secret leaves the stored one as it is."""
    silence = form.value("silence_s")
    if silence and not (silence.isdecimal() and len(silence) <= MAX_DIGITS):
        raise InvalidError("silence_s", "must be a whole number of seconds", rule="range")
    return SourceForm(
        name=form.value("name"),
        domain=form.value("domain"),
        domain_rule=form.value("domain_rule") or None,
        allowed=form.value("allowed").split(),
        api_url=form.value("api_url"),
        pull_url=form.value("pull_url"),
        api_secret=form.value("api_secret") or None,
        silence_s=int(silence) if silence else None,
    )


def routes(kit: Kit) -> list[Route]:
    page, operator = Sources(kit), Role.OPERATOR
    one = "/sources/{source:str}"
    return [
        kit.page("/sources", page.index, needs=operator),
        kit.page("/sources/add", page.blank, needs=operator),
        kit.page("/sources/add", page.add, needs=operator, methods=["POST"]),
        kit.page(one, page.show, needs=operator),
        kit.page(f"{one}/edit", page.edit, needs=operator),
        kit.page(f"{one}/edit", page.change, needs=operator, methods=["POST"]),
        kit.page(f"{one}/token", page.ask_token, needs=operator),
        kit.page(f"{one}/token", page.new_token, needs=operator, methods=["POST"]),
        kit.page(f"{one}/remove", page.ask_removal, needs=operator),
        kit.page(f"{one}/remove", page.remove, needs=operator, methods=["POST"]),
    ]
