"""Why Airhook does not have an action: one sentence for each group of the catalogue, and for some actions their own."""

from airhook.cloudapi.catalogue import GROUPS

_BECAUSE = {
    "streams and delay": "it takes one push of a stream at a time and pulls none",
    "domains, certificates, referer, origin": "it plays nothing, so domains have no playback settings",
    "recording": "it records by rules and by tasks: use CreateLiveRecordRule or CreateRecordTask",
    "snapshots and audit": "it judges pictures where PornFlag of a snapshot template is 1, "
    "without templates, words or libraries for that",
    "transcoding": "it transcodes nothing",
    "watermarks": "it changes no pictures",
    "time shift": "it plays nothing",
    "filler (pad) and smart erase": "it makes and changes no pictures",
    "relay (pull tasks)": "it relays no streams; report the events of what does at /v1/events",
    "stream mixing": "it mixes no streams",
    "monitoring (multi-view)": "it shows no streams; report the events of what does at /v1/events",
    "caster (cloud director)": "it directs no broadcasts",
    "avatars, effects, generated video": "it generates no video",
    "statistics, billing, logs": "it plays and bills nothing, so it counts neither; /metrics tells how it is doing",
}
_OWN = {
    "DescribeStreamPushInfoList": "it keeps what pushes carry for some seconds only: "
    "use DescribeLiveStreamPushInfoList",
    "DescribeConcurrentRecordStreamNum": "it bills nothing, so it counts no recordings",
    "DescribeScreenShotSheetNumList": "it bills nothing, so it counts no pictures",
}


def why(action: str) -> str:
    """What the message of ``UnsupportedOperation`` says of an action of the catalogue."""
    group = next(group for group, names in GROUPS.items() if action in names)
    return f"Airhook does not have the action {action}, since {_OWN.get(action) or _BECAUSE[group]}"
