"""The HTTP API: throttled, and logged without addresses, paths and query strings."""

import json
from collections.abc import Mapping
from typing import cast

import jsii
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigateway import AccessLogFormat
from constructs import Construct

from infra.constructs.acknowledgments import ROUTE_REASONS, acknowledge_rules
from infra.constructs.functions import Function
from infra.constructs.policy import Throttle
from regulars.transport.responses import CORS_HEADERS, PREFLIGHT_HEADERS

DEFAULT_ROUTE = "$default"
# The route, never the path: a path holds the id of a profile, and an address is personal.
ACCESS_LOG_FIELDS = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "routeKey": "$context.routeKey",
    "status": "$context.status",
    "responseLength": "$context.responseLength",
    "responseLatency": "$context.responseLatency",
    "integrationError": "$context.integrationErrorMessage",
}


@jsii.implements(apigateway.IAccessLogSettings)
class AccessLogs:
    """One JSON line per request."""

    def __init__(self, log_group: logs.LogGroup) -> None:
        self._destination = apigateway.LogGroupLogDestination(log_group)

    @property
    def destination(self) -> apigateway.IAccessLogDestination:
        """The log group to which the lines are written."""
        return self._destination

    @property
    def format(self) -> AccessLogFormat:
        """The fields of a line."""
        return AccessLogFormat.custom(json.dumps(ACCESS_LOG_FIELDS))


class PublicApi(Construct):
    """The one address of all functions that answer HTTP; they write every error body themselves."""

    def __init__(self, scope: Construct, id_: str, throttles: Mapping[str, Throttle]) -> None:
        super().__init__(scope, id_)
        self._throttles = throttles
        self._api = apigateway.HttpApi(
            self, "Http", create_default_stage=False, cors_preflight=create_preflight()
        )
        log_group = logs.LogGroup(
            self,
            "AccessLogs",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        default = self._find_throttle(DEFAULT_ROUTE)
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self._api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=default.rate, burst_limit=default.burst
            ),
            access_log_settings=AccessLogs(log_group),
        )
        self.url = stage.url
        self._stage = cast("apigateway.CfnStage", stage.node.default_child)
        self._stage.route_settings = {}

    def route_path(self, function: Function, path: str, *methods: apigateway.HttpMethod) -> None:
        """Send the requests of a path with these methods to a function."""
        routes = self._api.add_routes(
            path=path, methods=list(methods), integration=create_integration(function)
        )
        for route, method in zip(routes, methods, strict=True):
            acknowledge_rules(route, ROUTE_REASONS)
            self._limit_route(route, f"{method.value} {path}")

    def _limit_route(self, route: apigateway.HttpRoute, key: str) -> None:
        throttle = self._find_throttle(key)
        settings = {"ThrottlingRateLimit": throttle.rate, "ThrottlingBurstLimit": throttle.burst}
        self._stage.add_property_override(f"RouteSettings.{key}", settings)
        # A stage cannot name a route that does not exist yet.
        self._stage.add_resource_dependency(cast("apigateway.CfnRoute", route.node.default_child))

    def _find_throttle(self, key: str) -> Throttle:
        if key not in self._throttles:
            raise ValueError(f"requests_per_second in cdk.json has no limit for {key}.")
        return self._throttles[key]

    def route_remaining(self, function: Function) -> None:
        """Send every request that matches no route to a function."""
        route = apigateway.HttpRoute(
            self,
            "Otherwise",
            http_api=self._api,
            route_key=apigateway.HttpRouteKey.DEFAULT,
            integration=create_integration(function),
        )
        acknowledge_rules(route, ROUTE_REASONS)


def create_preflight() -> apigateway.CorsPreflightOptions:
    """Return the CORS answer to a browser's preflight, as the functions would give it, without starting one."""
    methods = PREFLIGHT_HEADERS["access-control-allow-methods"].split(", ")
    return apigateway.CorsPreflightOptions(
        allow_origins=["*"],
        allow_methods=[apigateway.CorsHttpMethod[method] for method in methods],
        allow_headers=PREFLIGHT_HEADERS["access-control-allow-headers"].split(", "),
        expose_headers=[CORS_HEADERS["Access-Control-Expose-Headers"]],
        max_age=Duration.seconds(int(PREFLIGHT_HEADERS["access-control-max-age"])),
    )


def create_integration(function: Function) -> integrations.HttpLambdaIntegration:
    """Return the integration of a function, with payload format 2.0, which is the default."""
    return integrations.HttpLambdaIntegration(function.folder, function)
