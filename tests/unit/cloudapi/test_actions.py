"""Every action takes and answers exactly the documented fields."""

from typing import Any, get_type_hints

import msgspec
import pytest

from airhook.cloudapi import actions, catalogue
from airhook.cloudapi.parameters import Int64, Parameters, UInt64
from airhook.cloudapi.registry import Action, Fields
from support.cloud import schema

SCHEMA = schema()
ADDED = {"CallBackTemplateInfo": {"RecordStatusNotifyUrl"}}
"""Fields that Airhook answers beyond the documentation (contract C-12)."""

TYPES: dict[tuple[str, bool], Any] = {
    ("string", False): str,
    ("string", True): list[str],
    ("int64", False): Int64,
    ("uint64", False): UInt64,
    ("bool", False): bool,
}


def registered() -> list[Any]:
    return [pytest.param(name, action, id=name) for name, action in sorted(actions.ACTIONS.items())]


def fields_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    hints = get_type_hints(struct, include_extras=True)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(struct)}


@pytest.mark.parametrize(("name", "action"), registered())
def test_parameters(name: str, action: Action) -> None:
    assert name in SCHEMA["actions"], f"write into api_schema.json what is documented of {name}"
    documented = SCHEMA["actions"][name]["request"]
    required = {field.encode_name for field in msgspec.structs.fields(action.parameters) if field.required}
    assert required == {field["name"] for field in documented if field["required"]}
    check_parameters(action.parameters, documented)


def check_parameters(struct: type[Parameters], fields: list[dict[str, Any]]) -> None:
    documented = {field["name"]: field for field in fields}
    assert set(fields_of(struct)) == set(documented)
    for field, kind in fields_of(struct).items():
        name = documented[field]["type"]
        if name in SCHEMA["structures"]:
            assert kind.__args__[1:] == (type(None),)
            check_parameters(kind.__args__[0], SCHEMA["structures"][name])
            continue
        wanted = TYPES[name, documented[field]["list"]]
        assert kind in (wanted, wanted | None), field


@pytest.mark.parametrize(("name", "action"), registered())
def test_answers(name: str, action: Action) -> None:
    answer = get_type_hints(action.run)["return"]
    documented = SCHEMA["actions"][name]["response"]
    if answer is type(None):
        assert [field["name"] for field in documented] == ["RequestId"]
        return
    check_fields(answer, [field for field in documented if field["name"] != "RequestId"], set())


def check_fields(struct: type[Fields], documented: list[dict[str, Any]], added: set[str]) -> None:
    fields = fields_of(struct)
    assert set(fields) - added == {field["name"] for field in documented}
    for field in documented:
        kind = fields[field["name"]]
        if field["list"]:
            (kind,) = kind.__args__
        if field["type"] in SCHEMA["structures"]:
            assert kind.__name__ == field["type"]
            check_fields(kind, SCHEMA["structures"][field["type"]], ADDED.get(field["type"], set()))
        else:
            assert kind is {"string": str, "int64": int, "uint64": int, "bool": bool}[field["type"]]


def test_names() -> None:
    assert set(actions.ACTIONS) <= set(SCHEMA["actions"]) <= catalogue.ACTIONS
    for name, action in actions.ACTIONS.items():
        assert issubclass(action.parameters, Parameters)
        assert action.parameters.__name__ == name


def test_all_actions_of_the_version_are_known() -> None:
    assert len(catalogue.ACTIONS) == 261
    assert sum(len(names) for names in catalogue.GROUPS.values()) == 261, "no action is listed twice"
