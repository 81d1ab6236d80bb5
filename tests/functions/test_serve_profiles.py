"""The API against the shop of `serving`: what each key sees, and what each refusal says."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from regulars.settings import ServeProfilesSettings
from regulars.store.api_keys import Keys, Scope
from tests.support.aws import Deployed
from tests.support.gateway import http_event, loaded
from tests.support.served_shop import ANN, AT, BEN, OLD_ANN, open_shop

type Answer = tuple[int, dict[str, Any]]
type Ask = Callable[..., Answer]


@pytest.fixture
def function(aws: Deployed, monkeypatch: pytest.MonkeyPatch) -> Any:
    open_shop(aws)
    return loaded("serve_profiles", aws.settings(ServeProfilesSettings), monkeypatch)


@pytest.fixture
def keys(aws: Deployed) -> dict[str, str]:
    kept = Keys("test-control", aws.dynamodb)
    scopes: tuple[Scope, ...] = ("write", "read", "admin")
    return {scope: kept.create(scope, "", "", AT)[0] for scope in scopes}


@pytest.fixture
def ask(function: Any, keys: dict[str, str]) -> Ask:
    """Ask the function: scope, path, and optionally method and body."""

    def ask_(scope: str, url: str, method: str = "GET", body: str | None = None) -> Answer:
        event = request(url, method, keys.get(scope, scope), body)
        answer = function.handler(event, None)
        described(function, event, answer)
        return answer["statusCode"], json.loads(answer["body"])

    return ask_


def request(url: str, method: str, key: str, body: str | None) -> dict[str, Any]:
    parts = urlsplit(url)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return http_event(parts.path, (body or "").encode(), headers, method, parts.query)


def described(function: Any, event: dict[str, Any], answer: dict[str, Any]) -> None:
    """Every answer a test gets is one that the OpenAPI document describes."""
    document = openapi(function)
    operation = operation_of(document, function, event)
    if operation:
        response = operation["responses"][str(answer["statusCode"])]
        response = resolved(document, response)
        schema = response["content"][answer["headers"]["content-type"]]["schema"]
        OAS31Validator({**schema, "components": document["components"]}).validate(
            json.loads(answer["body"])
        )


def openapi(function: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        function.handler(request("/openapi.json", "GET", "", None), None)["body"]
    )
    return document


def operation_of(document: dict[str, Any], function: Any, event: dict[str, Any]) -> Any:
    method, path = event["requestContext"]["http"]["method"], event["rawPath"].strip("/").split("/")
    for route in function.API.routes:
        if route.method == method and route.match_path(path) is not None:
            return document["paths"][route.path][method.lower()]
    return None


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    name = node.get("$ref", "").rpartition("/")[2]
    return document["components"]["responses"][name] if name else node


def test_document_is_valid_and_names_every_route(function: Any) -> None:
    document = openapi(function)
    validate(document)
    told = {(path, method) for path, item in document["paths"].items() for method in item}
    assert told == {(route.path, route.method.lower()) for route in function.API.routes}


def test_owner_sees_the_whole_profile(ask: Ask) -> None:
    status, profile = ask("admin", f"/profiles/{ANN}")
    assert status == 200
    assert profile["orders"]["spent"] == [{"amount": "12.50", "currency": "GBP"}]
    assert (profile["churn"]["band"], profile["churn"]["basis"]) == ("high", "model")
    assert profile["lifecycle"]["basis"] == "rules"
    assert profile["segments"] == {"rfm": "champions", "kmeans": None}


def test_read_key_sees_the_coarse_segment_only(ask: Ask) -> None:
    assert ask("read", f"/profiles/{ANN}") == (200, {"id": ANN, "segment": "champions"})


def test_read_key_cannot_tell_whether_a_profile_exists(ask: Ask) -> None:
    assert ask("read", "/profiles/p_nobody") == (200, {"id": "p_nobody", "segment": "none"})
    known, unknown = (
        ask("read", f"/profiles/{id_}/recommendations")[1] for id_ in (ANN, "p_nobody")
    )
    assert unknown.keys() == known.keys()
    assert unknown["basis"] == "popularity"
    assert [item["product_id"] for item in unknown["items"]] == ["tin", "pot"]


def test_owner_is_told_of_an_unknown_profile(ask: Ask) -> None:
    for path in (
        "/profiles/p_nobody",
        "/profiles/p_nobody/recommendations",
        f"/profiles/{'x' * 200}",
    ):
        status, problem = ask("admin", path)
        assert (status, problem["code"]) == (404, "profile_not_found")


def test_merged_profile_answers_as_the_surviving_one(ask: Ask) -> None:
    assert ask("admin", f"/profiles/{OLD_ANN}")[1]["id"] == ANN
    assert ask("admin", f"/profiles/{OLD_ANN}/recommendations")[1]["basis"] == "model"


def test_unscored_profile_is_told_by_rules(ask: Ask, aws: Deployed) -> None:
    for sk in ("profile#scores", "recommendations"):
        key = {"profile_id": {"S": BEN}, "sk": {"S": sk}}
        aws.dynamodb.delete_item(TableName="test-profiles", Key=key)
    profile = ask("admin", f"/profiles/{BEN}")[1]
    assert (profile["churn"]["basis"], profile["churn"]["probability"]) == ("rules", None)
    assert ask("admin", f"/profiles/{BEN}/recommendations")[1]["basis"] == "popularity"


@pytest.mark.parametrize(
    "body", [{"email": " ANN@example.com "}, {"email": "ann@example.com", "phone": None}]
)
def test_lookup_finds_the_person_with_their_contact_data(ask: Ask, body: dict[str, str]) -> None:
    status, found = ask("admin", "/profiles/lookup", "POST", json.dumps(body))
    assert (status, found["id"]) == (200, ANN)
    assert found["contact"] == {"email": "ann@example.com", "first_name": "Ann"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"email": "ben@example.com"}', 404, "not_found"),
        ('{"phone": "020 7946 0018"}', 404, "not_found"),
        ('{"phone": "12"}', 400, "invalid_phone"),
        ('{"email": "nobody"}', 400, "invalid_email"),
        ('{"user_id": "guest"}', 400, "invalid_user_id"),
        ('{"email": "a@example.com", "user_id": "7"}', 400, "invalid_lookup"),
        ("{}", 400, "invalid_lookup"),
        ('{"name": "Ann"}', 400, "invalid_fields"),
        ('{"email": 7}', 400, "invalid_fields"),
        ("{", 400, "invalid_json"),
        (None, 400, "invalid_json"),
        ("x" * 5000, 413, "payload_too_large"),
    ],
)
def test_lookup_that_cannot_be_answered_says_why(
    ask: Ask, body: str | None, status: int, code: str
) -> None:
    answer = ask("admin", "/profiles/lookup", "POST", body)
    assert (answer[0], answer[1]["code"]) == (status, code)


def test_recommendations_carry_names_prices_and_reasons(ask: Ask) -> None:
    told = ask("read", f"/profiles/{ANN}/recommendations?n=2")[1]
    first = told["items"][0]
    assert (first["product_id"], first["name"], first["price"]) == ("cup", "Cup", "4.00")
    assert (first["reason"], first["because"]) == ("because you bought Tea pot", "pot")
    assert (told["basis"], told["model_version"], len(told["items"])) == ("model", "d1-abc", 2)


def test_recommendations_follow_the_weights_and_leave_out_what_is_excluded(ask: Ask) -> None:
    wish = "n=1&weights=content:0,collaborative:5&exclude=cup"
    told = ask("read", f"/profiles/{ANN}/recommendations?{wish}")[1]
    assert [item["product_id"] for item in told["items"]] == ["jug"]
    assert told["weights"] == {"content": 0, "collaborative": 5, "habit": 1, "trend": 1}


def test_visitor_is_offered_what_goes_with_what_they_saw(ask: Ask) -> None:
    told = ask("read", "/recommendations?items=pot,unknown&n=3")[1]
    assert [item["product_id"] for item in told["items"]] == ["cup", "jug", "tin"]
    assert (told["basis"], told["items"][0]["reason"]) == ("model", "goes with Tea pot")


def test_visitor_who_saw_nothing_is_offered_what_is_popular(ask: Ask) -> None:
    told = ask("read", "/recommendations")[1]
    assert (told["basis"], [item["product_id"] for item in told["items"]]) == (
        "popularity",
        ["tin", "pot"],
    )


def test_segments_are_listed_and_paged_through(ask: Ask) -> None:
    assert ask("admin", "/segments")[1]["segments"][0]["size"] == 2
    first = ask("admin", "/segments/champions/profiles?limit=1")[1]
    second = ask("admin", f"/segments/rfm:champions/profiles?limit=1&next={first['next']}")[1]
    assert [page["profiles"][0]["id"] for page in (first, second)] == [ANN, BEN]
    assert second["next"] is None


def test_page_token_from_elsewhere_is_refused(ask: Ask) -> None:
    forged = base64.urlsafe_b64encode(b"x" * 40).decode()
    for token in (forged, "%00"):
        status, problem = ask("admin", f"/segments/champions/profiles?next={token}")
        assert (status, problem["code"]) == (400, "invalid_page_token")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("n=0", "invalid_n"),
        ("n=10000", "invalid_n"),
        ("n=abc", "invalid_n"),
        ("weights=content:heavy", "invalid_weights"),
        ("weights=content:nan", "invalid_weights"),
        ("weights=charm:1", "invalid_weights"),
        ("weights=1", "invalid_weights"),
        ("exclude=" + ",".join(map(str, range(101))), "invalid_exclude"),
        ("items=" + ",".join(map(str, range(500))), "invalid_items"),
    ],
)
def test_query_that_cannot_be_meant_is_named(ask: Ask, query: str, code: str) -> None:
    status, problem = ask("read", f"/recommendations?{query}")
    assert (status, problem["code"], problem["type"]) == (400, code, f"urn:regulars:problem:{code}")


ADMIN_ONLY = [
    ("GET", "/segments"),
    ("GET", "/segments/champions/profiles"),
    ("POST", "/profiles/lookup"),
]


@pytest.mark.parametrize(("method", "path"), ADMIN_ONLY)
def test_owners_endpoints_need_an_admin_key(ask: Ask, method: str, path: str) -> None:
    answers = [ask(scope, path, method) for scope in ("", "rk_admin_made_up", "write", "read")]
    assert [status for status, _ in answers] == [401, 401, 403, 403]


def test_write_key_reads_nothing(ask: Ask) -> None:
    paths = [f"/profiles/{ANN}", f"/profiles/{ANN}/recommendations", "/recommendations"]
    assert [ask("write", path)[1]["code"] for path in paths] == ["forbidden"] * 3


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/segments/unheard/profiles", 404, "not_found"),
        ("GET", "/profiles//recommendations", 404, "not_found"),
        ("DELETE", "/segments", 405, "method_not_allowed"),
        ("POST", f"/profiles/{ANN}", 405, "method_not_allowed"),
    ],
)
def test_path_or_method_that_is_not_there_is_told(
    ask: Ask, method: str, path: str, status: int, code: str
) -> None:
    answer = ask("admin", path, method)
    assert (answer[0], answer[1]["code"]) == (status, code)


def test_health_says_what_works_without_a_key(ask: Ask) -> None:
    parts = {"profiles": "ok", "catalog": "ok", "published": "ok"}
    assert ask("", "/health") == (200, {"status": "ok", "parts": parts})


def test_health_names_what_fails(ask: Ask, aws: Deployed) -> None:
    aws.dynamodb.delete_table(TableName="test-catalog")
    status, report = ask("", "/health")
    assert (status, report["status"], report["parts"]["catalog"]) == (503, "failing", "failing")
    assert report["parts"]["profiles"] == "ok"


def test_empty_shop_answers_everything(ask: Ask, aws: Deployed) -> None:
    for id_ in ("segments", "popular"):
        aws.dynamodb.delete_item(TableName="test-control", Key={"id": {"S": id_}})
    assert ask("read", "/recommendations?items=pot&n=50")[0] == 200
    assert ask("read", "/recommendations")[1]["items"] == []
    assert ask("admin", "/segments")[1] == {"segments": []}


@pytest.mark.parametrize("path", ["/sourceConfig/", "/sourceConfig"])
def test_browser_sdk_of_rudder_is_told_that_its_source_is_on(ask: Ask, path: str) -> None:
    status, told = ask("", f"{path}?writeKey=wk&p=npm&v=3")
    assert (status, told["source"]["id"], told["source"]["enabled"]) == (200, "wk", True)
    assert (told["source"]["config"], told["source"]["destinations"]) == ({}, [])
