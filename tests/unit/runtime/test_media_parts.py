"""What the settings say of media, and what they must not leave out."""

import pytest

from airhook.config import load
from airhook.core.clock import SystemClock
from airhook.core.errors import ConfigError
from airhook.delivery.addresses import TargetPolicy
from airhook.media.protocol import AuditSpec
from airhook.media.store.local import LocalStore
from airhook.runtime.detectors import audit_spec, audit_specs, detectors
from airhook.runtime.media_store import media_store
from support.media_store import links

S3 = {
    "AIRHOOK_MEDIA__STORAGE": "s3",
    "AIRHOOK_MEDIA__S3__BUCKET": "shots",
    "AIRHOOK_MEDIA__S3__ACCESS_KEY": "id",
    "AIRHOOK_MEDIA__S3__SECRET_KEY": "secret",
}


def test_without_settings_files_go_to_a_folder_and_the_built_in_detector_judges(tmp_path):
    settings = load(None, {"AIRHOOK_DATA_DIR": str(tmp_path)})
    assert isinstance(media_store(settings, links()), LocalStore)
    assert settings.media_folder == tmp_path / "media"
    assert audit_spec(settings) == AuditSpec()
    assert detectors(settings, TargetPolicy(), SystemClock()) == {}


@pytest.mark.parametrize("name", ["BUCKET", "ACCESS_KEY", "SECRET_KEY"])
def test_a_bucket_needs_its_name_and_its_keys(name):
    given = {key: value for key, value in S3.items() if not key.endswith(name)}
    with pytest.raises(
        ConfigError, match=rf"media\.s3\.{name.lower()} is empty; media\.storage = s3 needs it"
    ):
        media_store(load(None, given), links())


def test_a_service_that_judges_needs_its_address():
    settings = load(None, {"AIRHOOK_MEDIA__AUDIT__DETECTOR": "http"})
    with pytest.raises(ConfigError, match=r"media\.audit\.url is empty"):
        detectors(settings, TargetPolicy(), SystemClock())


def test_a_template_with_thresholds_of_its_own_keeps_everything_else():
    given = {"AIRHOOK_MEDIA__AUDIT__TEMPLATES": "1001=30/20/101", "AIRHOOK_MEDIA__AUDIT__SEND_PASS": "true"}
    own = AuditSpec(block=30, review=20, review_hot=101, send_pass=True)
    assert audit_specs(load(None, given)) == {1001: own}
