"""The moto stack, on which every function test runs."""

from regulars.settings import ServeProfilesSettings
from regulars.store import schema
from tests.support.aws import MotoStack


def test_every_table_of_the_schema_exists(aws: MotoStack) -> None:
    names = aws.dynamodb.list_tables()["TableNames"]
    assert set(names) == {f"test-{table.name}" for table in schema.TABLES}


def test_settings_name_the_test_stacks_resources(aws: MotoStack) -> None:
    assert aws.build_settings(ServeProfilesSettings).contacts_table == "test-contacts"
