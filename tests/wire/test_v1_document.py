"""``/v1`` keeps what its OpenAPI document promises, whatever is sent: schemathesis makes the requests of the document."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from airhook.web.openapi import document
from support.two_accounts import OWNER, TwoAccounts, two_accounts

ANSWERED_WITHIN_S = 10
EXAMPLES = 15  # of each operation: the whole file is to take seconds
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

# Its systematic phase takes minutes over the 18 types of events; what it tries of them, tests of their own do.
_FUZZING_ALONE = schemathesis.config.SchemathesisConfig.from_dict(
    {"phases": {"coverage": {"enabled": False}}}
)

schema = schemathesis.openapi.from_dict(document(), config=_FUZZING_ALONE)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoAccounts]:
    with two_accounts(tmp_path_factory.mktemp("v1")) as site:
        yield site


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_an_operation(case: schemathesis.Case[Any], site: TwoAccounts) -> None:
    headers = {"Authorization": f"Bearer {site.tokens[OWNER]}"}
    response = case.call(base_url=f"http://{site.address}", headers=headers, timeout=ANSWERED_WITHIN_S)
    case.validate_response(response, checks=CHECKS)
