"""What the judge's import of an OpenAPI body drops, put in by API Gateway's own calls, word for word from the template.

API Gateway itself imports all of it. The judge keeps of a mock only its type, and no gateway responses at all.
"""

import json
from pathlib import Path

from samcli.yamlhelper import yaml_parse

from .stack import Stack

INTEGRATION = "x-amazon-apigateway-integration"


def complete_import(stack: Stack, source: Path, cors_origin: str) -> None:
    """Completes mocks and gateway responses of the deployed API, and deploys it once more."""
    api = yaml_parse(source.read_text())["Resources"]["Api"]["Properties"]
    gateway = stack.client("apigateway")
    api_id = stack.outputs()["ApiId"]
    resources = gateway.get_resources(restApiId=api_id, limit=500)["items"]
    ids = {resource["path"]: resource["id"] for resource in resources}
    resolve = _Resolver(cors_origin)
    for path, item in json.loads(stack.template.read_text())["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"].items():
        for method, operation in item.items():
            # Beside its methods a path may have parameters, a list.
            if INTEGRATION in operation and operation[INTEGRATION]["type"] == "mock":
                _put_mock(gateway, {"restApiId": api_id, "resourceId": ids[path], "httpMethod": method.upper()}, operation[INTEGRATION], resolve)
    for kind, response in api["GatewayResponses"].items():
        status = {"statusCode": str(response["StatusCode"])} if "StatusCode" in response else {}
        gateway.put_gateway_response(
            restApiId=api_id,
            responseType=kind,
            responseParameters={f"gatewayresponse.header.{name}": resolve(value) for name, value in response["ResponseParameters"]["Headers"].items()},
            responseTemplates=response["ResponseTemplates"],
            **status,
        )
    gateway.create_deployment(restApiId=api_id, stageName=stack.stage)


class _Resolver:
    """The one reference that these parts of the template make."""

    def __init__(self, cors_origin: str) -> None:
        self.cors_origin = cors_origin

    def __call__(self, value: str | dict) -> str:
        text = value["Fn::Sub"] if isinstance(value, dict) else value
        return text.replace("${CorsOrigin}", self.cors_origin)


def _put_mock(gateway, where: dict[str, str], mock: dict, resolve: _Resolver) -> None:
    gateway.put_integration(
        **where, type="MOCK", requestTemplates=mock["requestTemplates"], passthroughBehavior=mock["passthroughBehavior"].upper()
    )
    for pattern, response in mock["responses"].items():
        headers = {name: resolve(value) for name, value in response["responseParameters"].items()}
        status = response["statusCode"]
        gateway.put_method_response(**where, statusCode=status, responseParameters={name: True for name in headers})
        gateway.put_integration_response(
            **where,
            statusCode=status,
            selectionPattern="" if pattern == "default" else pattern,
            responseParameters=headers,
            responseTemplates=response.get("responseTemplates", {}),
        )
