"""The moto stack itself: what every function test stands on."""

from regulars.settings import ServeProfilesSettings
from regulars.store import schema
from tests.support.aws import Deployed


def test_every_table_of_the_schema_is_there(aws: Deployed) -> None:
    names = aws.dynamodb.list_tables()["TableNames"]
    assert set(names) == {f"test-{table.name}" for table in schema.TABLES}


def test_settings_name_the_test_stacks_resources(aws: Deployed) -> None:
    assert aws.settings(ServeProfilesSettings).people_table == "test-people"
