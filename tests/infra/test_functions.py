"""Functions: each folder deployed once, with its settings, its own role and bounded logs."""

import dataclasses
from pathlib import Path

import pytest

from infra.constructs.functions import FUNCTIONS_FOLDER, to_snake_case
from infra.constructs.storage import BUCKET_NAMES
from regulars import settings
from regulars.store import schema
from tests.support.template import Template, find_logical_id

HTTP = {"track_events", "receive_webhook", "serve_profiles"}
SETTINGS = {
    to_snake_case(cls.__name__.removesuffix("Settings")): cls
    for cls in vars(settings).values()
    if isinstance(cls, type) and issubclass(cls, settings.Settings)
}
FUNCTIONS = sorted(SETTINGS.keys() - {"", "train"})


def test_function_folders_are_each_deployed_once(template: Template) -> None:
    handlers = [
        properties["Handler"]
        for properties in template.list_resources("AWS::Lambda::Function").values()
    ]
    folders = sorted(
        path.name for path in FUNCTIONS_FOLDER.iterdir() if (path / "__init__.py").exists()
    )
    assert sorted(handlers) == [f"{folder}.handler.handler" for folder in folders]


def test_every_function_has_a_settings_class(template: Template) -> None:
    assert sorted(template.list_functions()) == FUNCTIONS


@pytest.mark.parametrize("name", FUNCTIONS)
def test_environment_equals_settings(template: Template, name: str) -> None:
    variables = set(template.list_functions()[name]["Environment"]["Variables"])
    fields = {field.name.upper() for field in dataclasses.fields(SETTINGS[name])}
    assert variables == fields | {"POWERTOOLS_SERVICE_NAME"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_environment_names_the_resource_of_each_variable(template: Template, name: str) -> None:
    variables = template.list_functions()[name]["Environment"]["Variables"]
    resources = {f"{table.setting.upper()}": table.name for table in schema.TABLES}
    resources |= {f"{bucket.upper()}_BUCKET": bucket for bucket in BUCKET_NAMES}
    named = {key: template.to_words(value) for key, value in variables.items() if key in resources}
    assert named == {key: resources[key] for key in named}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_asset_holds_its_own_folder_only(template: Template, name: str) -> None:
    asset = template.list_functions()[name]["Code"]["S3Key"].removesuffix(".zip")
    assert [path.name for path in Path(template.folder / f"asset.{asset}").iterdir()] == [name]


def test_roles_are_never_shared(template: Template) -> None:
    roles = [find_logical_id(function["Role"]) for function in template.list_functions().values()]
    assert len(set(roles)) == len(roles)


def test_functions_run_the_python_that_the_tests_run(template: Template) -> None:
    assert {function["Runtime"] for function in template.list_functions().values()} == {
        "python3.13"
    }
    assert {
        tuple(function["Architectures"]) for function in template.list_functions().values()
    } == {("arm64",)}


@pytest.mark.parametrize("name", sorted(HTTP))
def test_http_function_answers_before_the_gateway_gives_up(template: Template, name: str) -> None:
    assert template.list_functions()[name]["Timeout"] < 30


def test_functions_stay_within_what_a_new_account_allows(template: Template) -> None:
    assert all(function["MemorySize"] <= 3008 for function in template.list_functions().values())


def test_log_groups_expire_and_belong_to_their_function(template: Template) -> None:
    groups = template.list_resources("AWS::Logs::LogGroup")
    used = [
        find_logical_id(one["LoggingConfig"]["LogGroup"])
        for one in template.list_functions().values()
    ]
    assert len(set(used)) == len(used)
    assert {group["RetentionInDays"] for group in groups.values()} == {30}


def test_no_resource_has_a_physical_name(template: Template) -> None:
    names = {"TableName", "BucketName", "FunctionName", "QueueName", "RoleName", "LogGroupName"}
    owners = {"AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping"}
    owners |= {"AWS::Lambda::EventInvokeConfig"}  # these name the function they belong to
    for resource in template.resources.values():
        assert resource["Type"] in owners or not names & resource.get("Properties", {}).keys()
