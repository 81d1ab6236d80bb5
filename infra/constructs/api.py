"""One HTTP API: throttled, and logged without addresses, paths or query strings."""

import json

import jsii
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigateway import AccessLogFormat
from constructs import Construct

from infra.constructs.acknowledged import ROUTE, acknowledge
from infra.constructs.functions import Function
from regulars.transport.responses import CORS_HEADERS, PREFLIGHT_HEADERS

REQUESTS_PER_SECOND = 50
BURST = 100
# A route, never a path: a path holds a profile's id, an address is personal.
LOGGED = {
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
        """The log group."""
        return self._destination

    @property
    def format(self) -> AccessLogFormat:
        """What a line holds."""
        return AccessLogFormat.custom(json.dumps(LOGGED))


class Api(Construct):
    """The doors' and the API's one address; every error body is the functions' own."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self._api = apigateway.HttpApi(
            self, "Http", create_default_stage=False, cors_preflight=preflight()
        )
        log_group = logs.LogGroup(
            self,
            "AccessLogs",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self._api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=REQUESTS_PER_SECOND, burst_limit=BURST),
            access_log_settings=AccessLogs(log_group),
        )
        self.url = stage.url

    def route(self, function: Function, path: str, *methods: apigateway.HttpMethod) -> None:
        """Send the methods of a path to the function."""
        routes = self._api.add_routes(
            path=path, methods=list(methods), integration=integration(function)
        )
        for route in routes:
            acknowledge(route, ROUTE)

    def otherwise(self, function: Function) -> None:
        """Send every request that no route takes to the function."""
        route = apigateway.HttpRoute(
            self,
            "Otherwise",
            http_api=self._api,
            route_key=apigateway.HttpRouteKey.DEFAULT,
            integration=integration(function),
        )
        acknowledge(route, ROUTE)


def preflight() -> apigateway.CorsPreflightOptions:
    """What the functions would answer a browser that asks before it sends, without starting one of them."""
    methods = PREFLIGHT_HEADERS["access-control-allow-methods"].split(", ")
    return apigateway.CorsPreflightOptions(
        allow_origins=["*"],
        allow_methods=[apigateway.CorsHttpMethod[method] for method in methods],
        allow_headers=PREFLIGHT_HEADERS["access-control-allow-headers"].split(", "),
        expose_headers=[CORS_HEADERS["Access-Control-Expose-Headers"]],
        max_age=Duration.seconds(int(PREFLIGHT_HEADERS["access-control-max-age"])),
    )


def integration(function: Function) -> integrations.HttpLambdaIntegration:
    """Payload format 2.0, which is the default."""
    return integrations.HttpLambdaIntegration(function.folder, function)
