"""A bucket of any service that speaks S3, by ``boto3`` (the extra ``s3``).

Signature version 4 and path-style addresses, which every such service understands. Objects lie at
``<prefix><account>/<path>``. Links are presigned by the service's own rules, or lead through ``public_url`` when the
bucket is public or stands behind a CDN; folder links lead through this server, which sends each reader on.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from airhook.core.errors import ConfigError
from airhook.media.store.base import PLAYLIST, Item, Key, Stored, StoreError, check_path
from airhook.media.store.links import WEEK_S, Links

TRIES = 5  # of each request; boto3 waits longer and longer in between
CONNECT_S = 10
READ_S = 60
MAX_PLAYLIST_BYTES = 16 << 20  # a day of it has one
REDIRECT_S = 600  # how long the URL is good that a reader is sent on to


class S3Settings(msgspec.Struct, frozen=True, kw_only=True):
    bucket: str
    access_key: str
    secret_key: str
    endpoint: str = ""  # "": Amazon's, by region
    region: str = "us-east-1"
    prefix: str = ""  # "" or ending in "/"
    public_url: str = ""  # without a final slash; "": presigned links
    link_s: int = WEEK_S  # signature version 4 allows a week at most


class S3Store:
    """Fulfils ``base.MediaStore``. Raises ``ConfigError`` when the extra is not installed."""

    def __init__(self, settings: S3Settings, links: Links) -> None:
        self._settings = settings
        self._links = links
        self._client = _client(settings)

    async def put(self, file: Path, key: Key, content_type: str, *, folder_link: bool = False) -> Stored:
        check_path(key.path)
        await asyncio.to_thread(self._put, file, key, content_type)
        return Stored(self.link(key, folder_link=folder_link), f"/{self._name(key)}")

    def link(self, key: Key, *, folder_link: bool = False) -> str:
        if self._settings.public_url:
            return f"{self._settings.public_url}/{quote(self._name(key))}"
        if folder_link:
            return self._links.make(key, folder=True)
        return self._presigned(key, self._settings.link_s)

    def find(self, key: Key) -> str | bytes | None:
        """A playlist's own bytes: behind a redirect its relative names would count from the bucket, unsigned."""
        try:
            check_path(key.path)
        except ValueError:
            return None
        return self._read(key) if key.path.endswith(PLAYLIST) else self._presigned(key, REDIRECT_S)

    def items(self) -> Iterator[Item]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._settings.bucket, Prefix=self._settings.prefix
        )
        with _Faults("the bucket cannot be listed"):
            for page in pages:
                for entry in page.get("Contents", ()):
                    key = self._key(entry["Key"])
                    if key is not None:
                        yield Item(key, entry["Size"], round(entry["LastModified"].timestamp() * 1000))

    def remove(self, key: Key) -> None:
        with _Faults(f"{key.path} cannot be removed"):
            self._client.delete_object(Bucket=self._settings.bucket, Key=self._name(key))

    def _put(self, file: Path, key: Key, content_type: str) -> None:
        """Upload, in parts and repeated where needed, and see that the object is there with all its bytes."""
        name, size = self._name(key), file.stat().st_size
        with _Faults(f"{key.path} cannot be stored"):
            self._client.upload_file(
                str(file), self._settings.bucket, name, ExtraArgs={"ContentType": content_type}
            )
            seen = self._client.head_object(Bucket=self._settings.bucket, Key=name)
        if seen["ContentLength"] != size:
            raise StoreError(f"{key.path}: the bucket holds {seen['ContentLength']} of its {size} bytes")

    def _read(self, key: Key) -> bytes | None:
        from botocore.exceptions import ClientError

        with _Faults(f"{key.path} cannot be read"):
            try:
                found = self._client.get_object(Bucket=self._settings.bucket, Key=self._name(key))
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                    return None
                raise
            data: bytes = found["Body"].read(MAX_PLAYLIST_BYTES)
            return data

    def _presigned(self, key: Key, lifetime_s: int) -> str:
        url: str = self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self._settings.bucket, "Key": self._name(key)},
            ExpiresIn=min(lifetime_s, WEEK_S),
        )
        return url

    def _name(self, key: Key) -> str:
        return f"{self._settings.prefix}{key.account_id}/{key.path}"

    def _key(self, name: str) -> Key | None:
        """None for what others keep in the same bucket."""
        account, _, path = name.removeprefix(self._settings.prefix).partition("/")
        return Key(int(account), path) if account.isdecimal() and path else None


class _Faults:
    """Turns the driver's errors into ours."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        import boto3.exceptions
        import botocore.exceptions

        if isinstance(fault, boto3.exceptions.Boto3Error | botocore.exceptions.BotoCoreError | OSError):
            raise StoreError(f"{self._what}: {fault}") from fault
        if isinstance(fault, botocore.exceptions.ClientError):
            raise StoreError(f"{self._what}: {fault}") from fault


def _client(settings: S3Settings) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise ConfigError(
            'media.storage is s3, but the S3 client is not installed; run: pip install "airhook[s3]"'
        ) from None
    return boto3.client(
        "s3",
        aws_access_key_id=settings.access_key,
        aws_secret_access_key=settings.secret_key,
        endpoint_url=settings.endpoint or None,
        region_name=settings.region,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"mode": "standard", "max_attempts": TRIES},
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            proxies={},  # the environment's are not ours to follow
            # Checksums beyond the signature's are not understood everywhere.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
