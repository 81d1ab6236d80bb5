"""`regulars keys` and `regulars init`: what is printed, and once only."""

from tests.cli.conftest import CommandLine


def test_created_key_is_part_of_the_result_once(cli: CommandLine) -> None:
    created = cli.result("keys", "new", "read", "--label", "old shop")
    assert created["key"].startswith("rk_read_")
    (listed,) = cli.result("keys", "list")
    assert listed == {name: value for name, value in created.items() if name != "key"}


def test_revoked_key_is_listed_as_revoked(cli: CommandLine) -> None:
    created = cli.result("keys", "new", "read")
    assert cli.result("keys", "revoke", created["id"][:12]) == {"revoked": created["id"]}
    assert cli.result("keys", "list")[0]["revoked_at"]


def test_ambiguous_id_is_explained(cli: CommandLine) -> None:
    assert "regulars keys list" in cli.errors("keys", "revoke", "zz", code=1)


def test_no_keys_are_said(cli: CommandLine) -> None:
    assert cli.output("keys", "list").strip() == "There are no keys."


def test_first_keys_are_shown_once(cli: CommandLine) -> None:
    result = cli.result("init")
    assert [*result] == ["url", "keys"]
    assert [*result["keys"]] == ["write", "read", "admin"]
    assert cli.result("init")["keys"] == {}
    assert cli.output("init").strip() == "There is nothing to do."
