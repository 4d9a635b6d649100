"""Filters and orders of every list of the API, made from the models: nothing but what the document names can be asked,
whatever is written there is a value and no statement."""

from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from django.apps import apps

from tests.assurance.conftest import times
from tests.calls import Caller, problem
from tests.sharing.api.operations import OPERATIONS
from tests.sharing.api.test_schema import COMMITTED
from tests.sharing.api.world import World
from tests.sharing.scene import Scene

pytestmark = pytest.mark.django_db

LISTS = [name for name, one in OPERATIONS.items() if name.endswith("_list")]
MODELS = [model for label in ("registry", "sharing") for model in apps.get_app_config(label).get_models()]
FRAGMENTS = (
    "' OR 1=1 --", "\x00", "9" * 400, "%", "1) OR (1=1", "'; DROP TABLE registry_asset; --",
    "1 UNION SELECT password FROM registry_user", "\\", "{{7*7}}", "${7*7}", "1e400", "-1", "NaN", "[]", "null", "٣",
)  # fmt: skip
SECRETS = ("password", "digest", "secret", "geometry", "email", "social_credit_code", "fingerprint", "token")


@pytest.fixture(scope="module")
def parameters() -> dict[str, set[str]]:
    """What the document says that each list can be asked."""
    document = yaml.safe_load(COMMITTED.read_text("utf-8"))
    return {
        operation["operationId"]: {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
        for path in document["paths"].values()
        for operation in path.values()
    }


@cache
def columns() -> set[str]:
    """Every column of every model, and what Django's lookups would make of it."""
    names = {field.name for model in MODELS for field in model._meta.get_fields()}
    lookups = {f"{name}__{lookup}" for name in (*SECRETS, "owner", "id") for lookup in ("startswith", "in", "regex")}
    return names | lookups | {"owner__members__password__startswith", "pk", "order_by", "sort", "_connector", "or"}


@pytest.mark.parametrize("name", LISTS)
def test_only_declared_filters_are_known(name: str, parameters: dict[str, set[str]]):
    caller, known = Caller(World().people["owner manager"]), parameters[name]
    undeclared = columns() - known - {"format"}
    assert len(undeclared) > 200
    response = caller.call("GET", f"{OPERATIONS[name].path}?{urlencode(dict.fromkeys(undeclared, 1))}")
    refused = {where for where, code in problem(response, 400, "bad_input") if code == "unknown_parameter"}
    assert refused == undeclared


@pytest.mark.parametrize("name", LISTS)
def test_only_declared_orders_are_known(name: str, parameters: dict[str, set[str]]):
    caller = Caller(World().people["owner manager"])
    for column in (*SECRETS, "owner__name", "id desc", "id; SELECT 1", "?", "-pk", "(SELECT 1)", "id,password"):
        for order in (column, f"-{column}"):
            response = caller.call("GET", OPERATIONS[name].path, ordering=order)
            assert response.status_code == 400, (order, response.content)
            assert [where for where, _code in problem(response, 400, "bad_input")] == ["ordering"]


@pytest.mark.parametrize("name", LISTS)
def test_what_is_written_into_a_filter_is_a_value(name: str, parameters: dict[str, set[str]]):
    world = World()
    caller, path = Caller(world.people["owner viewer"]), OPERATIONS[name].path
    seen = {json_id(one) for one in caller.call("GET", path).json()["results"]}
    for parameter in sorted(parameters[name] - {"format", "fields", "ordering", "limit"}):
        for fragment in FRAGMENTS[: times(4, len(FRAGMENTS))]:
            response = caller.call("GET", path, **{parameter: fragment})
            assert response.status_code in (200, 400), (parameter, fragment, response.content)
            if response.status_code == 200:
                assert {json_id(one) for one in response.json()["results"]} <= seen, (parameter, fragment)


def json_id(shown: dict[str, Any]) -> Any:
    return shown.get("id", shown.get("code"))


def test_cql2_knows_the_queryables_alone():
    """What one may filter by is what one is shown."""
    caller = Caller(Scene().asker)
    shown = caller.call("GET", "/ogc/collections/towers/queryables").json()["properties"]
    hidden = columns() - set(shown)
    for name in sorted(hidden):
        response = caller.call("GET", "/ogc/collections/towers/items", filter=f"{name} = 1")
        assert response.status_code == 400, name
    for fragment in (
        "1=1; DROP TABLE x",
        "code = 'a' UNION SELECT 1",
        "code LIKE '%' OR pg_sleep(5) = 1",
        'code = "a"',
    ):
        response = caller.call("GET", "/ogc/collections/towers/items", filter=fragment)
        assert response.status_code == 400, (fragment, response.content)
