"""Tells the local AWS what browsers may send: its CloudFormation keeps an API's CORS under names it does not read."""

from collections.abc import Mapping
from typing import Any

import boto3

API = "AWS::ApiGatewayV2::Api"


def allow(template: Mapping[str, Any], outputs: Mapping[str, str]) -> None:
    """Set the CORS of the template's one API once more, by the API's own call."""
    resources = template["Resources"].values()
    (api,) = (resource for resource in resources if resource["Type"] == API)
    api_id = outputs["ApiUrl"].partition("://")[2].partition(".")[0]
    cors = api["Properties"]["CorsConfiguration"]
    boto3.client("apigatewayv2").update_api(ApiId=api_id, CorsConfiguration=cors)
