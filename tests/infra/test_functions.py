"""Checks the functions: one for each folder, with its settings, its own role and a log retention."""

import dataclasses
from pathlib import Path

import pytest

from infra.constructs.functions import FUNCTIONS_FOLDER, to_snake_case
from infra.constructs.storage import BUCKET_NAMES
from regulars import settings
from regulars.store import schema
from tests.support.template import Template, find_logical_id

HTTP_FUNCTIONS = {"track_events", "receive_webhook", "serve_profiles"}
FUNCTION_SETTINGS = {
    to_snake_case(cls.__name__.removesuffix("Settings")): cls
    for cls in vars(settings).values()
    if isinstance(cls, type) and issubclass(cls, settings.Settings)
}
FUNCTION_NAMES = sorted(FUNCTION_SETTINGS.keys() - {"", "train"})


def test_each_function_folder_is_deployed_once(template: Template) -> None:
    handlers = [
        properties["Handler"]
        for properties in template.list_resources("AWS::Lambda::Function").values()
    ]
    folders = sorted(
        path.name for path in FUNCTIONS_FOLDER.iterdir() if (path / "__init__.py").exists()
    )
    assert sorted(handlers) == [f"{folder}.handler.handler" for folder in folders]


def test_every_function_has_a_settings_class(template: Template) -> None:
    assert sorted(template.list_functions()) == FUNCTION_NAMES


@pytest.mark.parametrize("name", FUNCTION_NAMES)
def test_environment_equals_the_settings_of_the_function(template: Template, name: str) -> None:
    variables = set(template.list_functions()[name]["Environment"]["Variables"])
    fields = {field.name.upper() for field in dataclasses.fields(FUNCTION_SETTINGS[name])}
    assert variables == fields | {"POWERTOOLS_SERVICE_NAME"}


@pytest.mark.parametrize("name", FUNCTION_NAMES)
def test_environment_variable_names_the_resource_of_its_setting(
    template: Template, name: str
) -> None:
    variables = template.list_functions()[name]["Environment"]["Variables"]
    resources = {f"{table.settings_field.upper()}": table.name for table in schema.TABLES}
    resources |= {f"{bucket.upper()}_BUCKET": bucket for bucket in BUCKET_NAMES}
    references = {
        key: template.to_words(value) for key, value in variables.items() if key in resources
    }
    assert references == {key: resources[key] for key in references}


@pytest.mark.parametrize("name", FUNCTION_NAMES)
def test_function_asset_contains_its_own_folder_only(template: Template, name: str) -> None:
    asset = template.list_functions()[name]["Code"]["S3Key"].removesuffix(".zip")
    assert [path.name for path in Path(template.folder / f"asset.{asset}").iterdir()] == [name]


def test_function_roles_are_never_shared(template: Template) -> None:
    roles = [find_logical_id(function["Role"]) for function in template.list_functions().values()]
    assert len(set(roles)) == len(roles)


def test_functions_run_the_python_version_of_the_tests(template: Template) -> None:
    functions = template.list_functions().values()
    assert {function["Runtime"] for function in functions} == {"python3.13"}
    assert {tuple(function["Architectures"]) for function in functions} == {("arm64",)}


@pytest.mark.parametrize("name", sorted(HTTP_FUNCTIONS))
def test_http_function_times_out_before_the_gateway(template: Template, name: str) -> None:
    assert template.list_functions()[name]["Timeout"] < 30


def test_function_memory_is_within_the_limit_of_new_accounts(template: Template) -> None:
    assert all(function["MemorySize"] <= 3008 for function in template.list_functions().values())


def test_log_groups_expire_and_belong_to_their_function(template: Template) -> None:
    groups = template.list_resources("AWS::Logs::LogGroup")
    functions = template.list_functions().values()
    used_groups = [find_logical_id(function["LoggingConfig"]["LogGroup"]) for function in functions]
    assert len(set(used_groups)) == len(used_groups)
    assert {group["RetentionInDays"] for group in groups.values()} == {30}


def test_no_resource_has_a_physical_name(template: Template) -> None:
    name_properties = {"TableName", "BucketName", "FunctionName", "QueueName", "RoleName"}
    name_properties |= {"LogGroupName"}
    # These types name the function that they belong to.
    exempt_types = {"AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"}
    exempt_types |= {"AWS::Lambda::EventInvokeConfig"}
    for resource in template.resources.values():
        names = name_properties & resource.get("Properties", {}).keys()
        assert resource["Type"] in exempt_types or not names
