"""Checks the HTTP API: throttling, an access log without personal data, and a function for every path."""

import json

from regulars.transport.responses import preflight_response
from tests.support.template import Template

PERSONAL_WORDS = ("identity", "sourceIp", "userAgent", "path", "query", "header", "body")


def find_routes(template: Template) -> dict[str, str]:
    """Return the target function of each route, by route key."""
    integrations = template.list_resources("AWS::ApiGatewayV2::Integration")
    routes = {}
    for route in template.list_resources("AWS::ApiGatewayV2::Route").values():
        target = route["Target"]["Fn::Join"][1][1]["Ref"]
        routes[route["RouteKey"]] = template.find_folder(integrations[target]["IntegrationUri"])
    return routes


def test_routes_lead_to_their_functions(template: Template) -> None:
    assert find_routes(template) == {
        "POST /v1/{proxy+}": "track_events",
        "GET /v1/{proxy+}": "track_events",
        "POST /beacon/v1/batch": "track_events",
        "ANY /hooks/{channel}/{source}": "receive_webhook",
        "$default": "serve_profiles",
    }


def test_integrations_use_payload_format_version_2(template: Template) -> None:
    integrations = template.list_resources("AWS::ApiGatewayV2::Integration").values()
    assert {integration["PayloadFormatVersion"] for integration in integrations} == {"2.0"}


def test_api_stage_limits_rate_and_burst(template: Template) -> None:
    (stage,) = template.list_resources("AWS::ApiGatewayV2::Stage").values()
    assert 0 < stage["DefaultRouteSettings"]["ThrottlingRateLimit"] <= 100
    assert 0 < stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] <= 200


def test_access_log_contains_no_personal_data(template: Template) -> None:
    (stage,) = template.list_resources("AWS::ApiGatewayV2::Stage").values()
    log_format = json.loads(stage["AccessLogSettings"]["Format"])
    assert log_format["routeKey"] == "$context.routeKey"
    log_values = " ".join(log_format.values())
    assert not [word for word in PERSONAL_WORDS if word in log_values]


def test_preflight_of_gateway_equals_that_of_functions(template: Template) -> None:
    (api,) = template.list_resources("AWS::ApiGatewayV2::Api").values()
    cors, headers = api["CorsConfiguration"], preflight_response()["headers"]
    assert cors["AllowHeaders"] == headers["access-control-allow-headers"].split(", ")
    assert cors["AllowMethods"] == headers["access-control-allow-methods"].split(", ")
    assert (cors["AllowOrigins"], cors["ExposeHeaders"]) == (["*"], ["retry-after"])
    assert cors["MaxAge"] >= 900
