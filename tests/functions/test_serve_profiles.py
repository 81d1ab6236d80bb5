"""The API over a small shop: what each key may see, and each refusal."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from regulars.api.disclosure import response
from regulars.domain.identifiers import profile_id_of
from regulars.domain.times import from_text
from regulars.identity.decisions import build_decision_event
from regulars.settings import ServeProfilesSettings
from regulars.store.api_keys import SCOPES, ApiKeys
from regulars.store.ledger import Ledger
from regulars.store.published_lists import PublishedLists
from tests.support.aws import MotoStack
from tests.support.gateway import http_event, load_handler
from tests.support.served_shop import (
    ANN_PROFILE,
    ANN_SUBJECT,
    BEN_PROFILE,
    BEN_SUBJECT,
    LATER_ANN_PROFILE,
    LATER_ANN_SUBJECT,
    LATER_TIME,
    SHOP_TIME,
    build_event,
    fill_tables,
    fold_events,
)

type Answer = tuple[int, dict[str, Any]]
type ApiCall = Callable[..., Answer]


@pytest.fixture
def function(aws: MotoStack, monkeypatch: pytest.MonkeyPatch) -> Any:
    fill_tables(aws)
    return load_handler("serve_profiles", aws.build_settings(ServeProfilesSettings), monkeypatch)


@pytest.fixture
def keys(aws: MotoStack) -> dict[str, str]:
    store = ApiKeys("test-control", aws.dynamodb)
    return {scope: store.create_key(scope, "", "", SHOP_TIME)[0] for scope in SCOPES}


@pytest.fixture
def call_api(function: Any, keys: dict[str, str]) -> ApiCall:
    """Call the API with a scope, a path, and optionally a method and a body."""

    def send_request(scope: str, url: str, method: str = "GET", body: str | None = None) -> Answer:
        event = build_request(url, method, keys.get(scope, scope), body)
        answer = function.handler(event, None)
        validate_response(function, event, answer)
        return answer["statusCode"], json.loads(answer["body"])

    return send_request


def build_request(url: str, method: str, key: str, body: str | None) -> dict[str, Any]:
    parts = urlsplit(url)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return http_event(parts.path, (body or "").encode(), headers, method, parts.query)


def validate_response(function: Any, event: dict[str, Any], answer: dict[str, Any]) -> None:
    """Assert that the OpenAPI document describes the response."""
    document = read_openapi(function)
    operation = find_operation(document, function, event)
    if operation:
        response = operation["responses"][str(answer["statusCode"])]
        response = resolve_reference(document, response)
        schema = response["content"][answer["headers"]["content-type"]]["schema"]
        OAS31Validator({**schema, "components": document["components"]}).validate(
            json.loads(answer["body"])
        )


def read_openapi(function: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        function.handler(build_request("/openapi.json", "GET", "", None), None)["body"]
    )
    return document


def find_operation(document: dict[str, Any], function: Any, event: dict[str, Any]) -> Any:
    method, path = event["requestContext"]["http"]["method"], event["rawPath"].strip("/").split("/")
    for route in function.API.routes:
        if route.method == method and route.match_path(path) is not None:
            return document["paths"][route.path][method.lower()]
    return None


def resolve_reference(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    name = node.get("$ref", "").rpartition("/")[2]
    return document["components"]["responses"][name] if name else node


def test_document_is_valid_and_names_every_route(function: Any) -> None:
    document = read_openapi(function)
    validate(document)
    documented = {(path, method) for path, item in document["paths"].items() for method in item}
    assert documented == {(route.path, route.method.lower()) for route in function.API.routes}


def test_admin_key_sees_the_whole_profile(call_api: ApiCall) -> None:
    status, profile = call_api("admin", f"/profiles/{ANN_PROFILE}")
    assert status == 200
    assert profile["orders"]["spent"] == [{"amount": "12.50", "currency": "GBP"}]
    assert (profile["churn"]["band"], profile["churn"]["basis"]) == ("high", "model")
    assert profile["lifecycle"]["basis"] == "rules"
    assert profile["segments"] == {"rfm": "champions", "kmeans": None}


def test_read_key_sees_the_coarse_segment_only(call_api: ApiCall) -> None:
    assert call_api("read", f"/profiles/{ANN_PROFILE}") == (
        200,
        {"id": ANN_PROFILE, "segment": "champions"},
    )


def test_read_key_cannot_tell_whether_a_profile_exists(call_api: ApiCall) -> None:
    assert call_api("read", "/profiles/p_nobody") == (200, {"id": "p_nobody", "segment": "none"})
    known, unknown = (
        call_api("read", f"/profiles/{id_}/recommendations")[1] for id_ in (ANN_PROFILE, "p_nobody")
    )
    assert unknown.keys() == known.keys()
    assert unknown["basis"] == "popularity"
    assert [item["product_id"] for item in unknown["items"]] == ["tin", "pot"]


def test_admin_key_gets_an_error_for_an_unknown_profile(call_api: ApiCall) -> None:
    for path in (
        "/profiles/p_nobody",
        "/profiles/p_nobody/recommendations",
        f"/profiles/{'x' * 200}",
    ):
        status, problem = call_api("admin", path)
        assert (status, problem["code"]) == (404, "profile_not_found")


def test_id_of_another_subject_returns_the_person(call_api: ApiCall) -> None:
    assert call_api("admin", f"/profiles/{LATER_ANN_PROFILE}")[1]["id"] == ANN_PROFILE
    assert (
        call_api("admin", f"/profiles/{LATER_ANN_PROFILE}/recommendations")[1]["basis"] == "model"
    )


def test_unscored_profile_is_rated_by_rules(call_api: ApiCall, aws: MotoStack) -> None:
    for sk in ("profile#scores", "recommendations"):
        key = {"profile_id": {"S": BEN_PROFILE}, "sk": {"S": sk}}
        aws.dynamodb.delete_item(TableName="test-profiles", Key=key)
    profile = call_api("admin", f"/profiles/{BEN_PROFILE}")[1]
    assert (profile["churn"]["basis"], profile["churn"]["probability"]) == ("rules", None)
    assert call_api("admin", f"/profiles/{BEN_PROFILE}/recommendations")[1]["basis"] == "popularity"


@pytest.mark.parametrize(
    "body",
    [
        {"email": " ANN@example.com "},
        {"email": "ann@example.com", "phone": None},
        {"email": "Ann <mailto:ann@example.com>"},
        {"user_id": "Ann@example.com"},
    ],
)
def test_lookup_finds_the_person_with_their_contact_data(
    call_api: ApiCall, body: dict[str, str]
) -> None:
    status, profile = call_api("admin", "/profiles/lookup", "POST", json.dumps(body))
    assert (status, profile["id"]) == (200, ANN_PROFILE)
    assert profile["contact"] == {"email": "ann@example.com", "first_name": "Ann"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"email": "ben@example.com"}', 404, "not_found"),
        ('{"phone": "020 7946 0018"}', 404, "not_found"),
        ('{"phone": "12"}', 400, "invalid_phone"),
        ('{"email": "nobody"}', 400, "invalid_email"),
        ('{"user_id": "guest"}', 400, "invalid_user_id"),
        ('{"user_id": "noreply@example.com"}', 400, "invalid_user_id"),
        ('{"phone": "01234 567890"}', 400, "invalid_phone"),
        ('{"email": "a@example.com", "user_id": "7"}', 400, "invalid_lookup"),
        ("{}", 400, "invalid_lookup"),
        ('{"name": "Ann"}', 400, "invalid_fields"),
        ('{"email": 7}', 400, "invalid_fields"),
        ("{", 400, "invalid_json"),
        (None, 400, "invalid_json"),
        ("x" * 5000, 413, "payload_too_large"),
    ],
)
def test_invalid_lookup_is_refused_with_its_code(
    call_api: ApiCall, body: str | None, status: int, code: str
) -> None:
    answer = call_api("admin", "/profiles/lookup", "POST", body)
    assert (answer[0], answer[1]["code"]) == (status, code)


def test_recommendations_carry_names_prices_and_reasons(call_api: ApiCall) -> None:
    response = call_api("read", f"/profiles/{ANN_PROFILE}/recommendations?n=2")[1]
    first = response["items"][0]
    assert (first["product_id"], first["name"], first["price"]) == ("cup", "Cup", "4.00")
    assert (first["reason"], first["because"]) == ("because you bought Tea pot", "pot")
    assert (response["basis"], response["model_version"], len(response["items"])) == (
        "model",
        "d1-abc",
        2,
    )


def test_recommendations_follow_weights_and_exclusions(call_api: ApiCall) -> None:
    query = "n=1&weights=content:0,collaborative:5&exclude=cup"
    response = call_api("read", f"/profiles/{ANN_PROFILE}/recommendations?{query}")[1]
    assert [item["product_id"] for item in response["items"]] == ["jug"]
    assert response["weights"] == {"content": 0, "collaborative": 5, "habit": 1, "trend": 1}


def test_new_products_alone_are_recommended_on_request(call_api: ApiCall) -> None:
    response = call_api("read", f"/profiles/{ANN_PROFILE}/recommendations?only=new")[1]
    assert [item["product_id"] for item in response["items"]] == ["cup", "jug", "tin"]


def test_visitor_lists_use_the_learned_weights(call_api: ApiCall, aws: MotoStack) -> None:
    PublishedLists("test-control", aws.dynamodb).publish_weights({"content": 0.2}, SHOP_TIME)
    weights = call_api("read", "/recommendations?items=pot")[1]["weights"]
    assert weights == {"content": 0.2, "collaborative": 1, "habit": 1, "trend": 1}


def test_blank_limit_is_refused(call_api: ApiCall) -> None:
    assert call_api("admin", "/segments/champions/profiles?limit=")[1]["code"] == "invalid_limit"


def test_document_names_the_address_it_is_served_from(function: Any) -> None:
    event = build_request("/openapi.json", "GET", "", None)
    event["headers"] |= {"host": "shop.example.com"}
    document = json.loads(function.handler(event, None)["body"])
    assert document["servers"] == [{"url": "https://shop.example.com"}]


def test_visitor_gets_products_that_match_viewed_ones(call_api: ApiCall) -> None:
    response = call_api("read", "/recommendations?items=pot,unknown&n=3")[1]
    assert [item["product_id"] for item in response["items"]] == ["cup", "jug", "tin"]
    assert (response["basis"], response["items"][0]["reason"]) == ("model", "goes with Tea pot")


def test_visitor_without_views_gets_popular_products(call_api: ApiCall) -> None:
    response = call_api("read", "/recommendations")[1]
    assert (response["basis"], [item["product_id"] for item in response["items"]]) == (
        "popularity",
        ["tin", "pot"],
    )


def test_segments_are_listed_and_paged_through(call_api: ApiCall) -> None:
    assert call_api("admin", "/segments")[1]["segments"][0]["size"] == 2
    first = call_api("admin", "/segments/champions/profiles?limit=1")[1]
    second = call_api("admin", f"/segments/rfm:champions/profiles?limit=1&next={first['next']}")[1]
    assert [page["profiles"][0]["id"] for page in (first, second)] == [ANN_PROFILE, BEN_PROFILE]
    assert second["next"] is None


def test_forged_page_token_is_refused(call_api: ApiCall) -> None:
    forged = base64.urlsafe_b64encode(b"x" * 40).decode()
    for token in (forged, "%00", ""):
        status, problem = call_api("admin", f"/segments/champions/profiles?next={token}")
        assert (status, problem["code"]) == (400, "invalid_page_token")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("n=0", "invalid_n"),
        ("n=10000", "invalid_n"),
        ("n=abc", "invalid_n"),
        ("n=", "invalid_n"),
        ("only=", "invalid_only"),
        ("only=old", "invalid_only"),
        ("weights=", "invalid_weights"),
        ("weights=content:11", "invalid_weights"),
        ("weights=content:-1", "invalid_weights"),
        ("weights=content:heavy", "invalid_weights"),
        ("weights=content:nan", "invalid_weights"),
        ("weights=charm:1", "invalid_weights"),
        ("weights=1", "invalid_weights"),
        ("exclude=" + ",".join(map(str, range(101))), "invalid_exclude"),
        ("items=" + ",".join(map(str, range(500))), "invalid_items"),
    ],
)
def test_invalid_query_parameter_is_named(call_api: ApiCall, query: str, code: str) -> None:
    status, problem = call_api("read", f"/recommendations?{query}")
    assert (status, problem["code"], problem["type"]) == (400, code, f"urn:regulars:problem:{code}")


ADMIN_PATHS = [
    ("GET", "/segments"),
    ("GET", "/segments/champions/profiles"),
    ("POST", "/profiles/lookup"),
]


@pytest.mark.parametrize(("method", "path"), ADMIN_PATHS)
def test_owner_endpoints_need_an_admin_key(call_api: ApiCall, method: str, path: str) -> None:
    answers = [
        call_api(scope, path, method) for scope in ("", "rk_admin_made_up", "browser", "read")
    ]
    assert [status for status, _ in answers] == [401, 401, 403, 403]


def test_write_key_reads_nothing(call_api: ApiCall) -> None:
    paths = [
        f"/profiles/{ANN_PROFILE}",
        f"/profiles/{ANN_PROFILE}/recommendations",
        "/recommendations",
    ]
    assert [call_api("browser", path)[1]["code"] for path in paths] == ["forbidden"] * 3


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/segments/unheard/profiles", 404, "not_found"),
        ("GET", "/profiles//recommendations", 404, "not_found"),
        ("DELETE", "/segments", 405, "method_not_allowed"),
        ("POST", f"/profiles/{ANN_PROFILE}", 405, "method_not_allowed"),
    ],
)
def test_unknown_path_or_method_is_refused(
    call_api: ApiCall, method: str, path: str, status: int, code: str
) -> None:
    answer = call_api("admin", path, method)
    assert (answer[0], answer[1]["code"]) == (status, code)


def test_health_is_reported_without_a_key(call_api: ApiCall) -> None:
    parts = {"profiles": "ok", "catalog": "ok", "published": "ok"}
    assert call_api("", "/health") == (200, {"status": "ok", "parts": parts})


def test_health_names_the_failing_part(call_api: ApiCall, aws: MotoStack) -> None:
    aws.dynamodb.delete_table(TableName="test-catalog")
    status, report = call_api("", "/health")
    assert (status, report["status"], report["parts"]["catalog"]) == (503, "failing", "failing")
    assert report["parts"]["profiles"] == "ok"


def test_empty_shop_gets_empty_lists(call_api: ApiCall, aws: MotoStack) -> None:
    for id_ in ("segments", "popular"):
        aws.dynamodb.delete_item(TableName="test-control", Key={"id": {"S": id_}})
    assert call_api("read", "/recommendations?items=pot&n=50")[0] == 200
    assert call_api("read", "/recommendations")[1]["items"] == []
    assert call_api("admin", "/segments")[1] == {"segments": []}


@pytest.mark.parametrize("path", ["/sourceConfig/", "/sourceConfig"])
def test_source_config_of_rudder_enables_the_source(call_api: ApiCall, path: str) -> None:
    status, config = call_api("", f"{path}?writeKey=wk&p=npm&v=3")
    assert (status, config["source"]["id"], config["source"]["enabled"]) == (200, "wk", True)
    assert (config["source"]["config"], config["source"]["destinations"]) == ({}, [])


def list_ids(people: list[dict[str, Any]]) -> set[str]:
    return {person["id"] for person in people}


def test_person_is_shown_with_what_decides_who_it_is(call_api: ApiCall) -> None:
    status, person = call_api("admin", f"/people/{LATER_ANN_PROFILE}")
    assert (status, person["id"]) == (200, ANN_PROFILE)
    assert person["contact"]["email"] == "ann@example.com"
    kinds = [(one["kind"], one["is_confirmed"]) for one in person["identifiers"]]
    assert kinds == [("user_id", False), ("email", False)]
    (link,) = person["links"]
    assert (link["first"], link["second"]) == (LATER_ANN_SUBJECT, ANN_SUBJECT)
    assert (person["decisions"], person["proposals"]) == ([], [])


def test_merge_is_shown_before_it_is_recorded(call_api: ApiCall, aws: MotoStack) -> None:
    request = {"action": "merge", "people": [ANN_PROFILE, BEN_PROFILE], "reason": "one household"}
    for is_applied in (False, True):
        body = json.dumps(request | {"apply": is_applied})
        status, decision = call_api("admin", "/people/decisions", "POST", body)
        assert (status, decision["applied"]) == (200, is_applied)
        assert list_ids(decision["before"]) == {ANN_PROFILE, BEN_PROFILE}
        assert [person["orders"]["count"] for person in decision["after"]] == [2]
        ids = [decision["decision"]] if is_applied else []
        assert ids or decision["decision"] is None
        events = Ledger("test-events", aws.dynamodb).read_events(ids)
        assert len(events) == is_applied
    fold_events(aws, *events)
    assert call_api("admin", f"/people/{BEN_PROFILE}")[1]["decisions"][0]["action"] == "join"
    body = json.dumps({"action": "undo", "decision": decision["decision"], "apply": True})
    assert list_ids(call_api("admin", "/people/decisions", "POST", body)[1]["after"]) == {
        ANN_PROFILE,
        BEN_PROFILE,
    }


def test_split_leaves_two_people(call_api: ApiCall) -> None:
    request = {"action": "split", "people": [ANN_PROFILE], "identifiers": [LATER_ANN_SUBJECT]}
    status, decision = call_api("admin", "/people/decisions", "POST", json.dumps(request))
    assert (status, len(decision["before"]), len(decision["after"])) == (200, 1, 2)


@pytest.mark.parametrize(
    "request_",
    [
        {"action": "merge", "people": [ANN_PROFILE]},
        {"action": "merge", "people": [ANN_PROFILE, ANN_PROFILE]},
        {"action": "merge", "people": [ANN_PROFILE, LATER_ANN_PROFILE]},
        {"action": "split", "people": [ANN_PROFILE], "identifiers": []},
        {"action": "split", "people": [ANN_PROFILE], "identifiers": [BEN_SUBJECT]},
        {"action": "split", "people": [BEN_PROFILE], "identifiers": [BEN_SUBJECT]},
        {"action": "refuse", "identifiers": [BEN_SUBJECT, BEN_SUBJECT]},
    ],
)
def test_useless_decision_is_refused(call_api: ApiCall, request_: dict[str, Any]) -> None:
    status, problem = call_api("admin", "/people/decisions", "POST", json.dumps(request_))
    assert (status, problem["code"]) == (400, "decision_refused")


@pytest.mark.parametrize(
    "request_",
    [
        {"action": "merge", "people": [ANN_PROFILE, "p_nobody"]},
        {"action": "undo", "decision": "AAAAAAAAAAAAAAAA"},
    ],
)
def test_decision_about_nobody_is_not_found(call_api: ApiCall, request_: dict[str, Any]) -> None:
    assert call_api("admin", "/people/decisions", "POST", json.dumps(request_))[0] == 404


@pytest.mark.parametrize(
    "body", ["{}", '{"action": "erase"}', '{"action": "undo", "id": "1"}', "["]
)
def test_malformed_decision_is_refused(call_api: ApiCall, body: str) -> None:
    assert call_api("admin", "/people/decisions", "POST", body)[0] == 400


@pytest.mark.parametrize("path", ["/profiles/lookup", "/people/decisions", "/privacy/erasures"])
def test_refused_body_names_its_wrong_field(call_api: ApiCall, path: str) -> None:
    body = '{"action": "undo", "reason": 5, "mail": "ann@example.com"}'
    status, problem = call_api("admin", path, "POST", body)
    assert (status, problem["code"]) == (400, "invalid_fields")
    assert "`action`" in problem["detail"] or "`reason`" in problem["detail"]
    assert "The fields are:" in problem["detail"]


@pytest.mark.parametrize("path", ["/profiles/lookup", "/privacy/erasures"])
@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("email", "noreply@example.com", "nobody reads mail at such an address"),
        ("phone", "0000000000", "no numbering plan assigns this number"),
        ("user_id", "undefined", "programs send such a value"),
    ],
)
def test_worthless_identifier_is_explained(
    call_api: ApiCall, path: str, field: str, value: str, reason: str
) -> None:
    status, problem = call_api("admin", path, "POST", json.dumps({field: value}))
    assert (status, problem["code"]) == (400, f"invalid_{field}")
    assert reason in problem["detail"]
    assert value not in problem["detail"]


@pytest.mark.parametrize("scope", ["read", "browser", "server"])
def test_only_an_admin_key_decides_about_people(call_api: ApiCall, scope: str) -> None:
    body = json.dumps({"action": "merge", "people": [ANN_PROFILE, BEN_PROFILE]})
    assert call_api(scope, "/people/decisions", "POST", body)[0] == 403
    assert call_api(scope, f"/people/{ANN_PROFILE}")[0] == 403


def test_person_is_computed_anew_although_its_subjects_are_remembered(
    call_api: ApiCall, aws: MotoStack
) -> None:
    for _ in range(2):
        assert call_api("admin", f"/profiles/{BEN_PROFILE}")[1]["events"] == 1
    page = build_event("page", "Page Viewed", LATER_TIME, BEN_SUBJECT, "e:ben", trust="verified")
    fold_events(aws, page)
    assert call_api("admin", f"/profiles/{BEN_PROFILE}")[1]["events"] == 2
    now = from_text(LATER_TIME)
    fold_events(aws, build_decision_event("join", [BEN_SUBJECT], [ANN_SUBJECT], now))
    ids = {call_api("admin", f"/profiles/{id_}")[1]["id"] for id_ in (ANN_PROFILE, BEN_PROFILE)}
    assert len(ids) == 1
    fold_events(aws, build_decision_event("separate", [BEN_SUBJECT, "e:ben"], [ANN_SUBJECT], now))
    assert call_api("admin", f"/profiles/{BEN_PROFILE}")[1]["id"] == BEN_PROFILE


@pytest.mark.parametrize("path", ["people", "profiles", "privacy/exports"])
def test_identifier_that_was_split_off_is_a_person_without_events(
    call_api: ApiCall, aws: MotoStack, path: str
) -> None:
    page = build_event("page", "Page Viewed", LATER_TIME, BEN_SUBJECT, "p:ben", trust="verified")
    fold_events(aws, page)
    now = from_text(LATER_TIME)
    fold_events(aws, build_decision_event("separate", ["p:ben"], [BEN_SUBJECT], now))
    status, answer = call_api("admin", f"/{path}/{profile_id_of('p:ben')}")
    assert status == 200
    profile = answer.get("profile", answer)
    assert (profile["id"], profile["events"]) == (profile_id_of("p:ben"), 0)


def test_export_has_everything_held_about_the_person(call_api: ApiCall) -> None:
    status, export = call_api("admin", f"/privacy/exports/{ANN_PROFILE}")
    assert status == 200
    assert export["contact"] == {"email": "ann@example.com", "first_name": "Ann"}
    assert [event["type"] for event in export["events"]] == ["Order Completed", "Page Viewed"]
    (order,) = export["orders"]
    assert (order["total"], order["items"][0]["name"]) == ("12.50", "Tea pot")
    assert export["results"][0]["scores"]["churn"]["reasons"]


def test_export_is_a_page_when_asked_for(function: Any, keys: dict[str, str]) -> None:
    url = f"/privacy/exports/{ANN_PROFILE}?format=html"
    answer = function.handler(build_request(url, "GET", keys["admin"], None), None)
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    assert "ann@example.com" in answer["body"]


@pytest.mark.parametrize(
    ("scope", "path", "status", "code"),
    [
        ("read", ANN_PROFILE, 403, "forbidden"),
        ("admin", "p_unknown", 404, "not_found"),
        ("admin", f"{ANN_PROFILE}?format=pdf", 400, "invalid_format"),
    ],
)
def test_export_is_refused(
    call_api: ApiCall, scope: str, path: str, status: int, code: str
) -> None:
    answer = call_api(scope, f"/privacy/exports/{path}")
    assert (answer[0], answer[1]["code"]) == (status, code)


def test_export_beyond_one_response_names_the_command(
    call_api: ApiCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response, "MAX_RESPONSE_BYTES", 2_000)
    status, problem = call_api("admin", f"/privacy/exports/{ANN_PROFILE}")
    assert (status, problem["code"]) == (422, "disclosure_too_large")
    assert f"regulars privacy export {ANN_PROFILE}" in problem["detail"]


def test_accepted_proposal_joins_both_people_whole(call_api: ApiCall, aws: MotoStack) -> None:
    till = build_event("till", "Page Viewed", LATER_TIME, "u:till", BEN_SUBJECT, trust="verified")
    other = build_event("mail", "Page Viewed", LATER_TIME, "u:till", ANN_SUBJECT, trust="verified")
    fold_events(aws, till, other)
    (proposal,) = call_api("admin", f"/people/{BEN_PROFILE}")[1]["proposals"]
    sides = [proposal["subject"], proposal["other_subject"]]
    body = json.dumps({"action": "accept", "identifiers": sides})
    decision = call_api("admin", "/people/decisions", "POST", body)[1]
    assert len(decision["after"]) == 1
    body = json.dumps({"action": "refuse", "identifiers": sides, "apply": True})
    refusal = call_api("admin", "/people/decisions", "POST", body)[1]
    fold_events(aws, *Ledger("test-events", aws.dynamodb).read_events([refusal["decision"]]))
    assert call_api("admin", f"/people/{BEN_PROFILE}")[1]["proposals"] == []
