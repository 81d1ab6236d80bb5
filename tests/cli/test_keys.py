"""`regulars keys` and `regulars init`: what is printed, and once only."""

import pytest

from regulars.store.api_keys import SCOPES, Scope
from tests.cli.conftest import CommandLine


def test_created_key_is_part_of_the_result_once(cli: CommandLine) -> None:
    created = cli.result("keys", "new", "read", "--label", "old shop")
    assert created["key"].startswith("rk_read_")
    (listed,) = cli.result("keys", "list")
    assert listed == {name: value for name, value in created.items() if name != "key"}


def test_former_name_creates_a_browser_key_and_says_so(cli: CommandLine) -> None:
    created = cli.result("keys", "new", "write")
    assert (created["scope"], created["key"][:11]) == ("browser", "rk_browser_")
    assert "former name of browser" in cli.output("keys", "new", "write")


@pytest.mark.parametrize("scope", SCOPES)
def test_key_has_the_scope_that_was_asked_for(cli: CommandLine, scope: Scope) -> None:
    created = cli.result("keys", "new", scope)
    assert (created["scope"], created["key"].split("_")[:2]) == (scope, ["rk", scope])


def test_unknown_scope_is_answered_with_the_scopes(
    cli: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        cli.result("keys", "new", "writer")
    message = capsys.readouterr().err
    assert [scope for scope in SCOPES if scope not in message] == []


def test_policy_for_orders_is_listed(cli: CommandLine) -> None:
    cli.result("keys", "new", "browser", "--orders", "claim")
    cli.result("keys", "new", "server")
    listing = cli.output("keys", "list")
    assert "claim" in listing
    assert "auto" not in listing


def test_policy_for_orders_is_stored(cli: CommandLine) -> None:
    assert cli.result("keys", "new", "browser", "--orders", "count")["orders"] == "count"
    assert "browser key" in cli.errors("keys", "new", "read", "--orders", "count", code=1)


def test_revoked_key_is_listed_as_revoked(cli: CommandLine) -> None:
    created = cli.result("keys", "new", "read")
    assert cli.result("keys", "revoke", created["id"][:12]) == {"revoked": created["id"]}
    assert cli.result("keys", "list")[0]["revoked_at"]


def test_created_key_is_printed_with_the_command_that_revokes_it(cli: CommandLine) -> None:
    command = cli.output("keys", "new", "admin").splitlines()[-1].partition(": ")[2]
    cli.output(*command.split()[1:])
    assert cli.result("keys", "list")[0]["revoked_at"]


def test_key_is_named_with_its_article(cli: CommandLine) -> None:
    errors = cli.errors("keys", "new", "admin", "--orders", "count", code=1)
    assert "An admin key sends no claims" in errors


def test_ambiguous_id_is_explained(cli: CommandLine) -> None:
    assert "regulars keys list" in cli.errors("keys", "revoke", "zz", code=1)


def test_no_keys_are_said(cli: CommandLine) -> None:
    assert cli.output("keys", "list").strip() == "There are no keys."


def test_first_keys_are_shown_once(cli: CommandLine) -> None:
    result = cli.result("init")
    assert [*result] == ["url", "keys"]
    assert [*result["keys"]] == ["browser", "write", "server", "read", "admin"]
    assert cli.result("init")["keys"] == {}


def test_first_keys_have_one_line_each(cli: CommandLine) -> None:
    lines = cli.output("init").splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["browser", "server", "read", "admin"]


def test_existing_keys_stay(cli: CommandLine) -> None:
    cli.result("init")
    assert cli.output("init").strip() == "There is nothing to do."
