"""The demo must not say that all is well when it is not."""

import asyncio
import io

import pytest

from airhook.core.errors import AirhookError
from airhook.tools.demo import stage as stages
from airhook.tools.demo.story import check_audit, check_file, check_pair
from airhook.tools.listen import Callback
from airhook.tools.terminal import Paint

BEGIN = {"event_type": 1, "stream_id": "camera1", "sequence": "73", "width": 640, "height": 360}
END = {
    "event_type": 0,
    "stream_id": "camera1",
    "sequence": "73",
    "errcode": 1,
    "errmsg": "Stopped",
    "push_duration": "6012",
}


def callback(body, signature="ok", reason="ok"):
    return Callback(at=1.0, path="/", headers={}, body=body, signature=signature, reason=reason)


def expect(event_type, *callbacks):
    async def run():
        stage = stages.Stage(Paint(io.StringIO()))
        for one in callbacks:
            stage.callback(one)
        return await stage.expect(event_type)

    return asyncio.run(run())


def test_a_callback_is_shown_and_given_to_whoever_waits(capsys):
    assert expect(1, callback(BEGIN)) == BEGIN
    assert expect(0, callback(END)) == END
    begin, end, why = capsys.readouterr().out.splitlines()
    assert begin.endswith("  push started  camera1  signature ok  640x360")
    assert end.endswith("  push ended    camera1  signature ok  lasted 6.0 s")
    assert why.strip() == "errcode 1: Stopped"


DISAPPOINTMENTS = {
    "nothing comes": ((), 'the callback "push started" did not arrive within 0 s'),
    "another comes": ((callback(END),), '"push started" was expected, but this callback came'),
    "its signature is wrong": (
        (callback(BEGIN, "bad", "bad_signature"),),
        r"a callback came with a wrong signature \(bad_signature\)",
    ),
    "it is no object": ((callback("hello"),), "was expected, but this callback came: hello"),
}


@pytest.mark.parametrize("name", DISAPPOINTMENTS)
def test_what_does_not_come_as_expected_fails(name, monkeypatch):
    monkeypatch.setattr(stages, "ARRIVES_WITHIN_S", 0.05)
    callbacks, message = DISAPPOINTMENTS[name]
    with pytest.raises(AirhookError, match=message):
        expect(1, *callbacks)


PAIRS: dict[str, tuple[dict[str, object], str]] = {
    # what is wrong with the stop: the message
    "another push": ({"sequence": "74"}, "different sequences: 73, 74"),
    "another reason": ({"errcode": 5}, "the stop has errcode 5"),
    "too short": ({"push_duration": "4000"}, "lasted 4.0 s by its callback, but about 6 s"),
    "too long": ({"push_duration": "60000"}, "lasted 60.0 s by its callback"),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_start_and_a_stop_that_do_not_fit_fail(name):
    changed, message = PAIRS[name]
    with pytest.raises(AirhookError, match=message):
        check_pair(BEGIN, {**END, **changed}, errcodes=(1,), seconds=6)


def test_a_start_and_its_stop_fit():
    check_pair(BEGIN, END, errcodes=(1,), seconds=6)


SHOT = {"event_type": 200, "stream_id": "camera1", "width": 640, "height": 360, "file_size": 5120}
AUDIT = {
    "event_type": 317,
    "streamId": "camera1",
    "img": "u",
    "suggestion": "Block",
    "label": "Porn",
    "score": [51],
}


def test_pictures_may_come_before_they_are_expected(capsys):
    async def run():
        stage = stages.Stage(Paint(io.StringIO()))
        for body in (BEGIN, SHOT, AUDIT, END):
            stage.callback(callback(body))
        return [await stage.expect(kind) for kind in (1, 0, 317, 200)]

    assert asyncio.run(run()) == [BEGIN, END, AUDIT, SHOT]
    shown = capsys.readouterr().out
    assert "screenshot    camera1  signature ok  640x360, 5 KB" in shown
    assert "porn audit    camera1  signature ok  Block: Porn [51]" in shown


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"img": "another"}, "the audit is of another picture: another"),
        ({"suggestion": "Pass", "label": "Normal"}, "the audit found Pass, Normal, not Block, Porn"),
    ],
)
def test_an_audit_that_is_not_of_the_picture_or_finds_nothing_fails(changed, message):
    check_audit(AUDIT, {**SHOT, "pic_full_url": "u"})
    with pytest.raises(AirhookError, match=message):
        check_audit({**AUDIT, **changed}, {**SHOT, "pic_full_url": "u"})


def test_a_file_that_is_not_there_or_is_another_fails(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"12345")
    url = (tmp_path / "a.jpg").as_uri()
    check_file(url, 5)
    with pytest.raises(AirhookError, match="has 5 bytes, but 6 by its callback"):
        check_file(url, 6)
    with pytest.raises(AirhookError, match="cannot be read"):
        check_file((tmp_path / "b.jpg").as_uri(), 5)
