"""What a caller may send, and what he hears when he may not."""

import json
from typing import Any

import pytest

from airhook.control.incoming import check
from airhook.core.accounts import Account
from airhook.core.errors import InvalidError
from airhook.core.sessions import NodeIdentity

ACCOUNT = Account(id=1, appid=1300000001, name="default", created_ms=0)
NODE = NodeIdentity(id="n", ip="192.0.2.1", set_id=1, idc_id=0)
SENT: dict[str, Any] = {
    "id": "a-1", "domain": "push.example.com", "app": "live", "stream": "room", "event_type": 338,
    "occurred_at": 1768478400000,
    "data": {
        "task_id": "5",
        "subtitle_tmp_res": [
            {
                "src_txt": "hello", "start_pts": 1, "end_pts": 2, "start_unix_time": 3, "end_unix_time": 4,
                "steady_state": True,
            }
        ],
    },
}  # fmt: skip
END = {"sequence": "7", "errcode": 1, "push_duration": 5}
RELAY: dict[str, Any] = {
    "callback_event": "TaskExit", "callback_url": "http://h.example/", "task_id": "1", "source_urls": ["http://s/"],
    "to_url": "rtmp://t/a/s", "msg": {"message": "m", "code": -22, "task_exit_time": 1},
}  # fmt: skip
RELAY_START = {**RELAY, "callback_event": "TaskStart"}
AUDIT = {"img": "http://p/", "score": [1], "suggestion": "Block"}


def sent(**changes: Any) -> bytes:
    return json.dumps(
        {name: value for name, value in {**SENT, **changes}.items() if value is not ...}
    ).encode()


def of_type(event_type: int, data: Any) -> bytes:
    return sent(event_type=event_type, data=data)


@pytest.mark.parametrize(
    ("given", "ms"),
    [
        pytest.param(1768478400000, 1768478400000, id="milliseconds"),
        pytest.param(1768478400, 1768478400000, id="seconds"),
        pytest.param(1768478400.123, 1768478400123, id="seconds with a fraction"),
        pytest.param("2026-01-15T12:00:00Z", 1768478400000, id="UTC"),
        pytest.param("2026-01-15T20:00:00.5+08:00", 1768478400500, id="Beijing"),
        pytest.param("1971-01-01T00:00:00Z", 31536000000, id="long ago"),
        pytest.param(0, 0, id="the epoch"),
    ],
)
def test_times_are_taken_in_the_usual_forms(given: Any, ms: int) -> None:
    assert check(sent(occurred_at=given), ACCOUNT, NODE).occurred_ms == ms


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        pytest.param(b"", "body: is not valid JSON: Input data was truncated", id="nothing"),
        pytest.param(b"{", "body: is not valid JSON: Input data was truncated", id="half"),
        pytest.param(b"5", "body: must be an object, not an integer", id="no object"),
        pytest.param(b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "body: is not valid JSON: it is nested too deeply", id="deep"),
        pytest.param(sent(id=...), "id: is required", id="no id"),
        pytest.param(sent(id=5), "id: must be a text, not an integer", id="a number as id"),
        pytest.param(sent(id=""), "id: must be 1 to 128 visible ASCII characters without spaces", id="empty id"),
        pytest.param(sent(id="a b"), "id: must be 1 to 128 visible ASCII characters without spaces", id="space in id"),
        pytest.param(sent(id="a\0"), "id: must be 1 to 128 visible ASCII characters without spaces", id="NUL in id"),
        pytest.param(sent(id="é"), "id: must be 1 to 128 visible ASCII characters without spaces", id="accent in id"),
        pytest.param(sent(id="a" * 129), "id: must be 1 to 128 visible ASCII characters without spaces", id="long id"),
        pytest.param(
            sent(id="7315508846120937714-1"),
            "id: has the form of the ids that Airhook gives to events of its own; put a word before it",
            id="the id of a session's event",
        ),
        pytest.param(sent(app="a/b"), "app: 'a/b' is not allowed; use 1 to 128 letters, digits, '_', '.' or '-', not starting with a dot", id="app"),
        pytest.param(sent(stream=""), "stream: '' is not allowed; use 1 to 128 letters, digits, '_', '.' or '-', not starting with a dot", id="stream"),
        pytest.param(sent(extra=1), "extra: is not known here; known are id, domain, app, stream, event_type, occurred_at, data", id="another field"),
        pytest.param(sent(eventType=1), "eventType: is not known here; did you mean event_type?", id="a field in another spelling"),
        pytest.param(sent(event_type=318), "event_type: 318 is none of 0, 1, 100, 200, 314, 315, 317, 321, 328, 332, 338, 341, 343, 344, 345, 347, 348, 349", id="unknown type"),
        pytest.param(sent(event_type="1"), "event_type: must be an integer, not a text", id="a text as type"),
        pytest.param(sent(event_type=10**30), f"event_type: {10**30} is none of 0, 1, 100, 200, 314, 315, 317, 321, 328, 332, 338, 341, 343, 344, 345, 347, 348, 349", id="a huge type"),
        pytest.param(sent(occurred_at=None), "occurred_at: must be an integer or a number or a text, not null", id="no time"),
        pytest.param(sent(occurred_at="2026-01-15 12:00:00"), "occurred_at: '2026-01-15 12:00:00' is no time; use the form 2026-01-15T12:00:00Z, or UNIX seconds or milliseconds", id="a time without zone"),
        pytest.param(sent(occurred_at="soon"), "occurred_at: 'soon' is no time; use the form 2026-01-15T12:00:00Z, or UNIX seconds or milliseconds", id="no time at all"),
        pytest.param(sent(occurred_at=-1), "occurred_at: must lie between 1970 and the year 9999", id="before 1970"),
        pytest.param(sent(occurred_at=10**30), "occurred_at: must lie between 1970 and the year 9999", id="never"),
        pytest.param(sent(data=[]), "data: must be an object, not a list", id="data is no object"),
        pytest.param(sent(data={"task_id": "5"}), "data.subtitle_tmp_res: is required", id="no subtitles"),
        pytest.param(of_type(343, {"class": "Blur", "score": 1, "transcode_template_id": 2**63}), f"data.transcode_template_id: must be an integer <= {2**63 - 1}", id="beyond 64 bits"),
        pytest.param(of_type(343, {"class": "Blur", "score": True, "transcode_template_id": 1}), "data.score: must be a number, not true or false", id="a truth as score"),
        pytest.param(of_type(344, {"class": "MOS", "frames": [], "transcode_template_id": 1}), "data.class: must be one of PSNR, SSIM, VMAF, VQA", id="unknown metric"),
        pytest.param(of_type(317, {**AUDIT, "labelResults": []}), "data.labelResults: is not known here; did you mean label_results?", id="as CSS spells it"),
        pytest.param(of_type(317, {**AUDIT, "ocr_results": [{"scene": "OCR", "suggestion": "Pas"}]}), "data.ocr_results[0].suggestion: must be one of Block, Pass, Review", id="a choice inside a list"),
        pytest.param(of_type(317, {**AUDIT, "label_results": [{"Scene": "OCR"}]}), "data.label_results[0].Scene: is not known here; did you mean scene?", id="a field inside a list"),
        pytest.param(of_type(317, {**AUDIT, "score": [101]}), "data.score[0]: must be an integer <= 100", id="a score above 100"),
        pytest.param(of_type(317, {**AUDIT, "appid": 5}), "data.appid: is not the account's, 1300000001; leave it out", id="another's appid"),
        pytest.param(of_type(200, {"file_size": 1, "width": 1, "height": 1, "pic_url": "a", "pic_full_url": "b"}), "data.pic_url: must be a text matching regex '^/'", id="no path"),
        pytest.param(of_type(0, {**END, "errcode": 40}), "data.errcode: 40 is no reason; use 0 to 39", id="unknown reason"),
        pytest.param(of_type(0, {**END, "errcode": 21}), "data.sub_errcode: must be one of 100, 101, 102, 103 with errcode 21", id="unknown part of a reason"),
        pytest.param(of_type(0, {**END, "sequence": str(2**63)}), "data.sequence: is no integer of 64 bits", id="a huge sequence"),
        pytest.param(of_type(1, {"sequence": "007"}), "data.sequence: must be a text matching regex '^(0|[1-9][0-9]{0,18})$'", id="a sequence that would come out as another"),
        pytest.param(of_type(314, RELAY_START), "data.msg.task_start_time: is required for TaskStart", id="a relay event without its message"),
        pytest.param(of_type(314, {**RELAY, "msg": {**RELAY["msg"], "index": 1}}), "data.msg.index: does not belong to TaskExit", id="the message of another relay event"),
        pytest.param(of_type(314, {**RELAY, "callback_url": "ftp://h/"}), "data.callback_url: 'ftp://h/' must start with http:// or https://", id="no URL to call"),
        pytest.param(of_type(328, {"callback_url": "http://u:p@h/", "event_name": "n", "event_msg": ""}), "data.callback_url: must not hold a user name or password", id="a URL with a password"),
    ],
)  # fmt: skip
def test_an_error_names_the_field_and_the_remedy(raw: bytes, complaint: str) -> None:
    with pytest.raises(InvalidError) as caught:
        check(raw, ACCOUNT, NODE)
    assert caught.value.message == complaint


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(rb"\ud800", "body: is not valid JSON", id="a lone surrogate"),
        pytest.param(rb"\ud800\u0041", "body: is not valid JSON", id="half a pair"),
        pytest.param(b"\xff", "data: is not valid JSON: 'utf-8' codec", id="no UTF-8"),
        pytest.param(b"a\nb", "is not valid JSON", id="a raw control character"),
        pytest.param(rb"\u0000", "data.subtitle_tmp_res[0].src_txt: must not hold a NUL character", id="NUL"),
    ],
)
def test_poison_in_texts_is_refused(text: bytes, complaint: str) -> None:
    with pytest.raises(InvalidError) as caught:
        check(sent().replace(b"hello", text), ACCOUNT, NODE)
    assert complaint in caught.value.message


@pytest.mark.parametrize("number", [b"1e999", b"NaN", b"Infinity", b"-Infinity"])
def test_numbers_that_json_cannot_say_are_refused(number: bytes) -> None:
    raw = of_type(343, {"class": "Blur", "score": 1.5, "transcode_template_id": 1}).replace(b"1.5", number)
    with pytest.raises(InvalidError):
        check(raw, ACCOUNT, NODE)


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    assert check(sent().replace(b"hello", rb"\\u0000"), ACCOUNT, NODE)


def test_the_digest_stands_for_the_content_whatever_its_layout() -> None:
    first = check(sent(), ACCOUNT, NODE).digest
    turned = json.dumps(dict(reversed(SENT.items())), indent=3).encode()
    same = [sent(id="other"), turned, sent(occurred_at=1768478400), sent(domain="Push.Example.com.")]
    other = [sent(stream="b"), sent(occurred_at=1768478401), sent(data={**SENT["data"], "task_id": "6"})]
    assert {check(raw, ACCOUNT, NODE).digest for raw in same} == {first}
    assert first not in {check(raw, ACCOUNT, NODE).digest for raw in other}
