"""One deployed stage: `sam deploy`, and what CloudFormation then says of it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import boto3

from .judge import ADMINISTRATOR, REGION, Judge


@dataclass
class Stack:
    """A stage in the judge's AWS."""

    judge: Judge
    sam: str
    template: Path
    stage: str
    architecture: str

    @property
    def name(self) -> str:
        return f"wild-rydes-{self.stage}"

    def deploy(self, **parameters: str) -> None:
        """Creates or updates the stack. A failure shows what SAM printed and what the judge logged."""
        done = self._sam_deploy(parameters)
        if done.returncode != 0:
            raise SystemExit(f"sam deploy of {self.name} failed:\n{done.stdout[-4000:]}\n--- the judge:\n{self.judge.last_lines()}")

    def refusal(self, **parameters: str) -> str:
        """What SAM prints of a deployment that must not succeed; empty if it did."""
        done = self._sam_deploy(parameters)
        return done.stdout if done.returncode != 0 else ""

    def _sam_deploy(self, parameters: dict[str, str]) -> subprocess.CompletedProcess[str]:
        chosen = {"Stage": self.stage, "Architecture": self.architecture, "LogLevel": "debug"} | parameters
        return subprocess.run(
            # Not samconfig.toml: it names the stages of the real account.
            [self.sam, "deploy", "--template-file", str(self.template), "--stack-name", self.name, "--region", REGION]
            + ["--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-progressbar"]
            + ["--no-fail-on-empty-changeset", "--parameter-overrides"]
            + [f"{key}={value}" for key, value in chosen.items()],
            cwd=self.template.parent,
            env=self.judge.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def client(self, service: str):
        """An AWS client that talks to the judge."""
        session = boto3.Session(aws_access_key_id=ADMINISTRATOR, aws_secret_access_key=ADMINISTRATOR, region_name=REGION)
        return session.client(service, endpoint_url=self.judge.endpoint)

    def outputs(self) -> dict[str, str]:
        """The stack's outputs by name."""
        told = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in told.get("Outputs", [])}

    def base_url(self) -> str:
        """Where the judge serves this stage. The host form needs a name that resolves, so the path form it is."""
        return f"{self.judge.endpoint}/restapis/{self.outputs()['ApiId']}/{self.stage}/_user_request_"

    def rows(self, table: str) -> list[dict]:
        """All rows of a table, in DynamoDB's JSON."""
        return self.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
