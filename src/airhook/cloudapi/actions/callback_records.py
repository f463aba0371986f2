"""Callbacks as they were sent and answered: one row for each attempt (contract 3.2, C-33 to C-36)."""

from airhook.cloudapi.paging import pages, within
from airhook.cloudapi.parameters import Parameters, UInt64
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.cloudapi.times import Written, read_time
from airhook.control import callback_records
from airhook.control.callback_records import Record, Wanted

MAX_PAGE, MAX_PAGE_SIZE = 10_000, 100


class DescribeCallbackRecordsList(Parameters):
    start_time: str
    end_time: str
    stream_name: str
    page_num: UInt64
    page_size: UInt64
    event_type: UInt64 | None = None
    result_code: UInt64 | None = None


class CallbackEventInfo(Fields):
    event_time: str
    event_type: int
    request: str
    response: str
    response_time: str
    result_code: int
    stream_id: str


class RecordsAnswer(Fields):
    data_info_list: list[CallbackEventInfo]
    page_num: int
    page_size: int
    total_num: int
    total_page: int


@answers(DescribeCallbackRecordsList)
async def describe(call: Call, wanted: DescribeCallbackRecordsList) -> RecordsAnswer:
    since_ms, written = read_time("StartTime", wanted.start_time)
    until_ms, _ = read_time("EndTime", wanted.end_time)
    asked = Wanted(
        stream=wanted.stream_name,
        since_ms=since_ms,
        until_ms=until_ms,
        event_type=wanted.event_type,
        succeeded=None if wanted.result_code is None else wanted.result_code == callback_records.SUCCESS,
    )
    found = await callback_records.page(
        call.desk,
        call.account_id,
        asked,
        number=within("PageNum", wanted.page_num, 1, MAX_PAGE),
        size=within("PageSize", wanted.page_size, 1, MAX_PAGE_SIZE),
    )
    return RecordsAnswer(
        data_info_list=[_info(record, written) for record in found.records],
        page_num=wanted.page_num,
        page_size=wanted.page_size,
        total_num=found.total,
        total_page=pages(found.total, wanted.page_size),
    )


def _info(record: Record, written: Written) -> CallbackEventInfo:
    return CallbackEventInfo(
        event_time=written(record.event_ms),
        event_type=record.event_type,
        request=record.request.decode(),
        response=record.response.decode(errors="replace"),
        response_time=written(record.answered_ms),
        result_code=record.result,
        stream_id=record.stream,
    )
