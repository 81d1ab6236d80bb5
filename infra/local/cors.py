"""Sets the CORS configuration of the local API, because the emulator's CloudFormation does not read its properties."""

from collections.abc import Mapping
from typing import Any

import boto3

API_TYPE = "AWS::ApiGatewayV2::Api"


def configure_cors(template: Mapping[str, Any], outputs: Mapping[str, str]) -> None:
    """Set the CORS configuration of the template's one API by the call of API Gateway."""
    resources = template["Resources"].values()
    (api,) = (resource for resource in resources if resource["Type"] == API_TYPE)
    api_id = outputs["ApiUrl"].partition("://")[2].partition(".")[0]
    cors = api["Properties"]["CorsConfiguration"]
    boto3.client("apigatewayv2").update_api(ApiId=api_id, CorsConfiguration=cors)
