"""Media servers as sources: adding, changing, removing, and what of it is refused or written down."""

import pytest

from airhook.control import domains, sources
from airhook.control.sources import SourceForm
from airhook.core.errors import InvalidError, NotFoundError
from airhook.core.sources import DomainRule, SourceKind
from support.desk import wait

DOMAIN = "push.example.com"
FORM = SourceForm(name="edge-1")


def add(desk, account_id, kind="nginx-rtmp", form=FORM):
    return wait(sources.add(desk, account_id, kind, form))


def test_a_source_counts_at_once_and_has_a_token_of_its_own(desk, mine):
    one, two = add(desk, mine), add(desk, mine, "srs", SourceForm(name="edge-2"))
    assert one.kind is SourceKind.NGINX_RTMP
    assert (one.allowed, one.domain, one.domain_rule) == ([], "", DomainRule.AUTO)
    assert len(one.token) >= 43
    assert one.token != two.token
    assert desk.config.current.sources[one.id].knows(one.token)
    assert not desk.config.current.sources[one.id].knows(two.token)
    assert [source.name for source in wait(sources.list_all(desk, mine))] == ["edge-1", "edge-2"]


def test_its_token_is_sealed_in_the_database(desk, mine, tmp_path):
    made = add(desk, mine)
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("airhook.db*"))
    assert made.id.encode() in stored
    assert made.token.encode() not in stored


def test_what_is_not_named_stays_as_it_is(desk, mine):
    wait(domains.add(desk, mine, DOMAIN))
    form = SourceForm(name="edge-1", domain=DOMAIN.upper(), allowed=["10.1.2.3/8", "10.0.0.0/8", "::1"])
    made = add(desk, mine, form=form)
    assert (made.domain, made.allowed) == (DOMAIN, ["10.0.0.0/8", "::1/128"])
    changed = wait(sources.change(desk, mine, "edge-1", SourceForm(silence_s=60)))
    assert (changed.domain, changed.allowed, changed.silence_s, changed.token) == (
        DOMAIN, ["10.0.0.0/8", "::1/128"], 60, made.token,
    )  # fmt: skip
    assert wait(sources.change(desk, mine, made.id, SourceForm(allowed=[]))).allowed == []


def test_a_new_token_ends_the_old_one(desk, mine):
    old = add(desk, mine)
    new = wait(sources.change(desk, mine, "edge-1", SourceForm(new_token=True)))
    known = desk.config.current.sources[old.id]
    assert known.knows(new.token)
    assert not known.knows(old.token)


def test_a_removed_source_is_gone_at_once(desk, mine):
    made = add(desk, mine)
    wait(sources.remove(desk, mine, "edge-1"))
    assert desk.config.current.sources == {}
    assert wait(sources.list_all(desk, mine)) == []
    with pytest.raises(NotFoundError):
        wait(sources.remove(desk, mine, made.id))


def test_another_account_s_source_does_not_exist(desk, mine, other):
    add(desk, mine)
    for act in (
        sources.get(desk, other, "edge-1"),
        sources.change(desk, other, "edge-1", SourceForm(silence_s=9)),
        sources.remove(desk, other, "edge-1"),
        sources.recent_hooks(desk, other, "edge-1"),
    ):
        with pytest.raises(NotFoundError):
            wait(act)


@pytest.mark.parametrize(
    ("field", "form"),
    [
        ("name", SourceForm()),
        ("name", SourceForm(name="a b")),
        ("allowed", SourceForm(name="e", allowed=["10.0.0.0/33"])),
        ("allowed", SourceForm(name="e", allowed=["localhost"])),
        ("domain", SourceForm(name="e", domain="nobody.example.com")),
        ("domain", SourceForm(name="e", domain_rule="fixed")),
        ("domain_rule", SourceForm(name="e", domain_rule="any")),
        ("silence_s", SourceForm(name="e", silence_s=1)),
        ("api_url", SourceForm(name="e", api_url="ftp://127.0.0.1/")),
        ("api_url", SourceForm(name="e", api_url="http://user:pw@127.0.0.1/")),
        ("api_url", SourceForm(name="e", api_url="http://127.0.0.1:99999/")),
        ("api_url", SourceForm(name="e", api_url="http://refused.example.com/")),
        ("api_secret", SourceForm(name="e", api_secret="x" * 513)),
    ],
)
def test_wrong_values_are_named(desk, mine, field, form):
    desk.judge.refused["http://refused.example.com/"] = "10.0.0.1 is private; allow it by targets.allow"
    with pytest.raises(InvalidError) as refused:
        add(desk, mine, form=form)
    assert refused.value.field == field


def test_names_and_kinds(desk, mine, other):
    add(desk, mine)
    add(desk, other)  # names are an account's own
    with pytest.raises(InvalidError, match="taken"):
        add(desk, mine)
    with pytest.raises(InvalidError, match="nginx-rtmp, srs"):
        add(desk, mine, "wowza")


def test_changes_are_written_down_without_secrets(desk, mine):
    add(desk, mine, form=SourceForm(name="edge-1", api_secret="s3cr3t"))
    wait(sources.change(desk, mine, "edge-1", SourceForm(silence_s=60)))
    wait(sources.remove(desk, mine, "edge-1"))
    log = wait(desk.store.read(lambda view: view.audit_log(mine, None, 10)))
    told = [(entry.deed.value, entry.thing) for entry in log if entry.thing == "source"]
    assert told == [("deleted", "source"), ("changed", "source"), ("created", "source")]
    changes = {change.field: change.after for change in log[2].changes}
    assert (changes["token"], changes["api_secret"], changes["name"]) == ("•••", "•••", "edge-1")
