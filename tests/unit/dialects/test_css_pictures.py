"""The old score fields of event 317: only where a template asks for them, and only from a model's own scores."""

from airhook.core.delivery_options import DeliveryOptions
from airhook.core.events import Event, EventType
from airhook.core.facts.picture import ImageAudit, PictureScores
from airhook.dialects import css

OLD = DeliveryOptions(legacy_scores=True)


def event(scores: PictureScores | None) -> Event:
    return Event(
        id="e", account_id=1, event_type=EventType.IMAGE_AUDIT, domain="push.example.com", app="live", stream="room1001",
        session_id=None, occurred_ms=1000, accepted_ms=2000, config_version=1,
        facts=ImageAudit(img="http://a/b.jpg", score=[54], suggestion="Review", label="Porn", scores=scores),
    )  # fmt: skip


JUDGED = event(PictureScores(normal=0, hot=46, porn=54))


def test_without_the_switch_no_body_has_them() -> None:
    for options in (None, DeliveryOptions()):
        body = css.render(JUDGED, options)
        assert "scores" not in body
        assert [name for name in body if name.endswith("Score") or name == "confidence"] == []


def test_with_it_they_are_added_and_nothing_else_changes() -> None:
    body = css.render(JUDGED, OLD)
    added = {name: value for name, value in body.items() if name not in css.render(JUDGED)}
    assert added == {
        "normalScore": 0,
        "hotScore": 46,
        "pornScore": 54,
        "confidence": 77,  # the model's probability, in percent
        "terrorScore": 0,
        "polityScore": 0,
        "illegalScore": 0,
        "similarScore": 0,
        "abuseScore": 0,
        "teenagerScore": 0,
        "adScore": 0,
        "customScore": 0,
    }
    assert all(body[name] == value for name, value in css.render(JUDGED).items())


def test_a_verdict_without_scores_has_none_of_them() -> None:
    assert css.render(event(None), OLD) == css.render(event(None))
