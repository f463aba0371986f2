"""Every page of the console as its router has them, and one of each thing to fill their addresses with."""

from starlette.routing import Mount, Route

from airhook.console.app import console_routes
from airhook.console.views.base import ConsoleSettings, Kit
from airhook.control import (
    accounts,
    bearer,
    destinations,
    domains,
    media_rules,
    media_templates,
    replays,
    rules,
    sources,
    streams,
    users,
)
from airhook.control.bitrates import Bitrates
from airhook.control.media_rules import RECORD_RULES
from airhook.control.record_templates import RECORD, ParamForm, RecordTemplateForm
from airhook.control.snapshot_templates import SNAPSHOT, SnapshotTemplateForm
from airhook.control.sources import SourceForm
from airhook.control.trends import Trends
from airhook.core.media_rules import RuleKey
from airhook.core.record_templates import RecordFormat
from airhook.core.search import Filter
from airhook.core.stats import TOOK_MS
from support.console_site import (
    OURS,
    TEMPLATE_ID,
    Site,
    accept,
    attempt,
    delivered,
    delivery,
    put_sessions,
    session,
    trials,
)
from support.desk import wait

DOMAIN, STREAM, ORIGIN = "push.example.com", "room1001", "https://hooks.example.com"
PUBLIC = {"/sign-in", "/sign-out", "/link/{token}", "/preferences"}


class Owned:
    """One of each thing, all of one account."""

    def __init__(self, site: Site) -> None:
        desk = site.desk
        # The first number that is given out is that of the site's own template.
        wait(desk.store.transact(lambda tx: tx.new_template_id()))
        wait(domains.add(desk, OURS, DOMAIN))
        wait(rules.bind(desk, OURS, DOMAIN, "", TEMPLATE_ID))
        record = RecordTemplateForm(name="our-recording", params={RecordFormat.FLV: ParamForm(enabled=True)})
        self.record = wait(media_templates.create(desk, RECORD, OURS, record))
        self.snapshot = wait(
            media_templates.create(desk, SNAPSHOT, OURS, SnapshotTemplateForm(name="our-pictures"))
        )
        wait(media_rules.bind(desk, RECORD_RULES, OURS, RuleKey(DOMAIN, "", ""), self.record.id))
        wait(destinations.pause(desk, OURS, ORIGIN))
        self.pair = wait(accounts.create_api_key(desk, OURS))
        wait(bearer.create_bearer_key(desk, OURS, "our-key"))
        self.source = wait(sources.add(desk, OURS, "nginx-rtmp", SourceForm(name="our-server")))
        self.replay = wait(replays.create(desk, OURS, Filter(domain=DOMAIN)))
        wait(streams.forbid(desk, OURS, DOMAIN, "live", "room9"))
        self.user = next(one for one in wait(users.list_all(desk, OURS)) if one.name == "aiko")
        put_sessions(site, session(1, STREAM))
        one = delivery(1, STREAM)
        accept(site, one)
        delivered(site, one, attempt(one))

    def path(self, route: str) -> str:
        template = {"/recording": self.record.id, "/screenshots": self.snapshot.id}
        folder = "/" + route.split("/")[1]
        values = {
            "template_id": template.get(folder, TEMPLATE_ID),
            "delivery_id": 1,
            "domain": DOMAIN,
            "app": "live",
            "stream": STREAM,
            "scheme": "https",
            "host": "hooks.example.com",
            "port": 443,
            "user_id": self.user.id,
            "replay_id": self.replay.id,
            "session_id": 1,
            "source": self.source.id,
            "verb": "cancel",
        }
        return f"/console{route}".format(**values)

    def fields(self) -> dict[str, str]:
        """What forms without a thing in their address say: whichever field one reads, it names a thing of ours."""
        return {
            "domain": DOMAIN,
            "app": "live",
            "stream": STREAM,
            "amount": "1",
            "unit": "days",
            "secret_id": self.pair.secret_id,
            "name": "our-key",
            "enabled": "no",
            "rate": "1",
            "version": "1",
        }


def all_routes(site: Site) -> list[tuple[str, str]]:
    """Method and path of each page, as the router has them."""
    desk = site.desk
    bitrates = Bitrates(desk.live.measures, desk.clock)
    kit = Kit(desk, trials(desk), ConsoleSettings(), Trends(None, TOOK_MS), bitrates)
    found = []
    for route in console_routes(kit):
        if isinstance(route, Mount):
            continue
        assert isinstance(route, Route)
        path = route.path_format
        found += [(method, path) for method in sorted(route.methods or ()) if method != "HEAD"]
    return sorted(found)  # what is read first, so that nothing read was made by what was sent
