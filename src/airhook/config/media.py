"""Settings of recordings, screenshots and audits."""

from pathlib import Path
from typing import Annotated

import msgspec

from airhook.config import kinds
from airhook.config.kinds import Scores
from airhook.config.setting import Setting

_PERCENT = kinds.whole(0, 101)


class S3(msgspec.Struct, frozen=True, kw_only=True):
    """The bucket, for `media.storage = "s3"`."""

    endpoint: Annotated[
        str,
        Setting("The service's address. Empty: Amazon's, by region.", kinds.SITE),
    ] = ""
    region: Annotated[
        str,
        Setting(
            "The bucket's region.", kinds.text(r"[A-Za-z0-9_-]{1,64}", "1 to 64 letters, digits, '_' or '-'")
        ),
    ] = "us-east-1"
    bucket: Annotated[
        str,
        Setting(
            "Its name.", kinds.text(r"|[A-Za-z0-9._-]{1,255}", "1 to 255 letters, digits, '.', '_' or '-'")
        ),
    ] = ""
    prefix: Annotated[
        str,
        Setting(
            "Put before every object's name; give one when others use the bucket too.",
            kinds.text(r"|[A-Za-z0-9._/-]{0,99}/", "a text that ends in /"),
        ),
    ] = ""
    access_key: Annotated[str, Setting("The id of its access key.", kinds.SECRET)] = ""
    secret_key: Annotated[str, Setting("The access key's secret.", kinds.SECRET)] = ""
    public_url: Annotated[
        str,
        Setting(
            "How everybody reads the bucket, such as its CDN. Empty: links are signed and expire.",
            kinds.LOCATION,
        ),
    ] = ""


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What is done with the pictures of snapshot templates whose audit is on."""

    detector: Annotated[
        str,
        Setting(
            "Who judges pictures: `open_nsfw`, the built-in model, or `http`, a service of your own.",
            kinds.choice("open_nsfw", "http"),
        ),
    ] = "open_nsfw"
    url: Annotated[
        str,
        Setting("Where `http` sends each picture. `targets.allow` counts for it.", kinds.CALLBACK),
    ] = ""
    token: Annotated[str, Setting("What it shows there, as `Authorization: Bearer`.", kinds.TOKEN)] = ""
    timeout_s: Annotated[
        float, Setting("How long the service may take for a picture.", kinds.seconds(0.1, 60))
    ] = 10.0
    block: Annotated[
        int,
        Setting("From this porn score on, the suggestion is Block. 101: never.", _PERCENT),
    ] = 80
    review: Annotated[
        int, Setting("From this porn score on, the suggestion is Review. 101: never.", _PERCENT)
    ] = 60
    review_hot: Annotated[
        int, Setting("From this hot score on, the suggestion is Review. 101: never.", _PERCENT)
    ] = 90
    templates: Annotated[
        dict[int, Scores],
        Setting(
            "Scores of single snapshot templates, by their ids: `1001=80/60/90` is `block`, `review` and `review_hot` where the template has none of its own.",
            kinds.THRESHOLDS,
            "none",
        ),
    ] = msgspec.field(default_factory=dict)
    send_pass: Annotated[
        bool,
        Setting("Whether harmless results are sent, too. They are kept in any case.", kinds.SWITCH),
    ] = False


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """Recordings and pictures: where they are kept, and for how long."""

    storage: Annotated[
        str,
        Setting(
            "Where finished files go: `local`, a folder, or `s3`, a bucket.", kinds.choice("local", "s3")
        ),
    ] = "local"
    folder: Annotated[
        Path | None,
        Setting("The folder of `local`.", kinds.PATH, "`media` in the data folder"),
    ] = None
    link_days: Annotated[
        int,
        Setting(
            "How long the links in callbacks are good. Presigned links of S3 end after 7 days at the latest.",
            kinds.whole(1, 3650),
        ),
    ] = 7
    keep_recordings_days: Annotated[
        int, Setting("Recordings that are older are removed. 0: never.", kinds.whole(0, 36_500))
    ] = 0
    keep_pictures_days: Annotated[
        int, Setting("Pictures that are older are removed. 0: never.", kinds.whole(0, 36_500))
    ] = 30
    keep_gb: Annotated[
        int,
        Setting(
            "What recordings and pictures may take together, in GB; the oldest are removed. 0: all there is.",
            kinds.whole(0, 10_000_000),
        ),
    ] = 0
    min_free_mb: Annotated[
        int,
        Setting(
            "While the disk has less room, in MB, no recording or screenshot begins and those under way end, so that callbacks can still be accepted.",
            kinds.whole(0, 10_000_000),
        ),
    ] = 1024
    workers: Annotated[
        int,
        Setting(
            "Processes at most that record and take pictures; they are started when streams need them. Streams whose process died may have two more for a while, and pulled ones one of their own.",
            kinds.whole(1, 256),
        ),
    ] = 4
    streams_per_worker: Annotated[
        int,
        Setting("Streams of one such process at most; further ones wait for room.", kinds.whole(1, 1000)),
    ] = 32
    worker_memory_mb: Annotated[
        int,
        Setting(
            "Address space of such a process, in MB: a stream that makes it want more ends the process, and nothing else.",
            kinds.whole(512, 1_000_000),
        ),
    ] = 4096
    s3: S3 = S3()
    audit: Audit = msgspec.field(default_factory=Audit)
