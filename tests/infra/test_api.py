"""Checks the HTTP API: throttling, an access log without personal data, and a function for every path."""

import json
from pathlib import Path

from regulars.transport.responses import preflight_response
from tests.support.template import Template

STAGE_TYPE = "AWS::ApiGatewayV2::Stage"
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


def test_every_route_has_the_throttle_of_cdk_json(template: Template) -> None:
    limits = json.loads((Path(__file__).parents[2] / "cdk.json").read_text())["context"][
        "requests_per_second"
    ]
    assert template.list_throttles() == {route: tuple(limit) for route, limit in limits.items()}
    assert find_routes(template).keys() == limits.keys()


def test_stage_waits_for_the_routes_that_it_throttles(template: Template) -> None:
    (stage,) = template.list_resources(STAGE_TYPE).values()
    routes = template.list_resources("AWS::ApiGatewayV2::Route")
    (resource,) = (one for one in template.resources.values() if one["Type"] == STAGE_TYPE)
    assert {routes[name]["RouteKey"] for name in resource["DependsOn"]} == stage[
        "RouteSettings"
    ].keys()


def test_access_log_contains_no_personal_data(template: Template) -> None:
    (stage,) = template.list_resources(STAGE_TYPE).values()
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
