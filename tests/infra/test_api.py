"""The HTTP API: throttled, logged without anything personal, every path answered by us."""

import json

from regulars.transport.responses import preflight_response
from tests.support.template import Template

PERSONAL = ("identity", "sourceIp", "userAgent", "path", "query", "header", "body")


def routes(template: Template) -> dict[str, str]:
    """Route key → the function it leads to."""
    integrations = template.of_type("AWS::ApiGatewayV2::Integration")
    found = {}
    for route in template.of_type("AWS::ApiGatewayV2::Route").values():
        target = route["Target"]["Fn::Join"][1][1]["Ref"]
        found[route["RouteKey"]] = template.folder_of(integrations[target]["IntegrationUri"])
    return found


def test_routes_lead_to_their_functions(template: Template) -> None:
    assert routes(template) == {
        "POST /v1/{proxy+}": "track_events",
        "GET /v1/{proxy+}": "track_events",
        "POST /beacon/v1/batch": "track_events",
        "ANY /hooks/{channel}/{source}": "receive_webhook",
        "$default": "serve_profiles",
    }


def test_integrations_use_payload_2(template: Template) -> None:
    integrations = template.of_type("AWS::ApiGatewayV2::Integration").values()
    assert {one["PayloadFormatVersion"] for one in integrations} == {"2.0"}


def test_stage_is_throttled(template: Template) -> None:
    (stage,) = template.of_type("AWS::ApiGatewayV2::Stage").values()
    assert 0 < stage["DefaultRouteSettings"]["ThrottlingRateLimit"] <= 100
    assert 0 < stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] <= 200


def test_access_log_holds_nothing_personal(template: Template) -> None:
    (stage,) = template.of_type("AWS::ApiGatewayV2::Stage").values()
    line = json.loads(stage["AccessLogSettings"]["Format"])
    assert line["routeKey"] == "$context.routeKey"
    logged = " ".join(line.values())
    assert not [word for word in PERSONAL if word in logged]


def test_preflight_is_answered_by_the_gateway_as_by_the_functions(template: Template) -> None:
    (api,) = template.of_type("AWS::ApiGatewayV2::Api").values()
    cors, told = api["CorsConfiguration"], preflight_response()["headers"]
    assert cors["AllowHeaders"] == told["access-control-allow-headers"].split(", ")
    assert cors["AllowMethods"] == told["access-control-allow-methods"].split(", ")
    assert (cors["AllowOrigins"], cors["ExposeHeaders"]) == (["*"], ["retry-after"])
    assert cors["MaxAge"] >= 900
