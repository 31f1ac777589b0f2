"""The template as the judge can read it: the real one, with the functions' archives filled in, ANY spelled out, and without what it does not know."""

import copy
import json
from pathlib import Path

from samcli.yamlhelper import yaml_parse

# The judge imports a route only under the name of one HTTP method; API Gateway's ANY stands for these.
METHODS = ["get", "post", "put", "patch", "delete", "head", "options"]
ANY = "x-amazon-apigateway-any-method"

# The judge rolls a stack back that has any of these, or an alarm on an expression. Only composite alarms refer to those.
UNKNOWN_TO_THE_JUDGE = {
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::Logs::QueryDefinition",
    "AWS::XRay::Group",
    "AWS::XRay::SamplingRule",
}


def binaries_of(template: Path) -> dict[str, str]:
    """Logical id to Cargo binary, of every function."""
    resources = yaml_parse(template.read_text())["Resources"]
    return {
        logical_id: resource["Metadata"]["BuildProperties"]["Binary"]
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def for_judge(template: Path, code: dict[str, Path], target: Path) -> None:
    """Writes the template to deploy. `code` is each binary's archive, which `sam deploy` uploads."""
    adapted = yaml_parse(template.read_text())
    for logical_id, binary in binaries_of(template).items():
        adapted["Resources"][logical_id]["Properties"]["CodeUri"] = str(code[binary])
    adapted["Resources"] = {logical_id: resource for logical_id, resource in adapted["Resources"].items() if _is_known(resource)}
    for resource in adapted["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Api":
            _spell_out_any(resource["Properties"]["DefinitionBody"]["paths"])
    target.write_text(json.dumps(adapted, indent=1))


def _is_known(resource: dict) -> bool:
    """Whether the judge can make it: it also has no metric math."""
    return resource["Type"] not in UNKNOWN_TO_THE_JUDGE and not (resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"])


def _spell_out_any(paths: dict) -> None:
    for item in paths.values():
        operation = item.pop(ANY, None)
        if operation is not None:
            for method in METHODS:
                item.setdefault(method, copy.deepcopy(operation))
