"""Terraform states and their locks, read straight from S3: no init, no Terraform, one object each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shopctl.aws.cloud import Cloud
from shopctl.aws.faults import error_code, explained
from shopctl.errors import AwsFailed, PrerequisiteError
from shopctl.render import Json
from shopctl.stacks import StateAddress
from shopctl.statelock import readable_operation, readable_time


@dataclass(frozen=True, slots=True)
class StateOutput:
    """One output value; a sensitive one must be neither shown nor kept."""

    value: Json
    is_sensitive: bool


@dataclass(frozen=True, slots=True)
class StateResource:
    """One managed object in a state: what finds it in AWS, and nothing that could be a secret."""

    address: str
    type: str
    id: str | None
    arn: str | None


@dataclass(frozen=True, slots=True)
class StateSnapshot:
    """A state at one moment, named by ``lineage`` and ``serial``. ``resources`` leaves data sources out."""

    serial: int
    lineage: str
    terraform_version: str
    outputs: Mapping[str, StateOutput]
    resources: tuple[StateResource, ...]


@dataclass(frozen=True, slots=True)
class StateLock:
    """Who holds a state's lock, for which ``operation``, and since when (``created``, ISO 8601, UTC)."""

    id: str
    who: str
    operation: str
    created: str


def read_state(cloud: Cloud, address: StateAddress) -> StateSnapshot | None:
    """Return the state at an address, or None if the stack has none. Reads one object.

    Raises: AwsFailed, also if it is no state of format 4; PrerequisiteError if the state bucket is missing.
    """
    body = _read(cloud, address, address.key)
    return None if body is None else parse_state(body, f"s3://{address.bucket}/{address.key}")


def read_state_lock(cloud: Cloud, address: StateAddress) -> StateLock | None:
    """Return who holds the state's lock, or None if nobody does. Reads one object.

    Raises: AwsFailed; PrerequisiteError if the state bucket is missing.
    Source: the S3 backend's ``<key>.tflock``, internal/backend/remote-state/s3/client.go.
    """
    key = f"{address.key}.tflock"
    body = _read(cloud, address, key)
    if body is None:
        return None
    lock = _parse(_LockFile, body, f"s3://{address.bucket}/{key}")
    return StateLock(lock.id, lock.who, readable_operation(lock.operation), readable_time(lock.created))


def parse_state(body: bytes, source: str) -> StateSnapshot:
    """Turn a state file into a snapshot; ``source`` names it in errors. Pure.

    Raises: AwsFailed if it is no state, or one of another format than 4.
    Source: internal/states/statefile/version4.go (the format of all Terraform versions since 0.12).
    """
    state = _parse(_StateFile, body, source)
    return StateSnapshot(
        serial=state.serial,
        lineage=state.lineage,
        terraform_version=state.terraform_version,
        outputs={name: StateOutput(output.value, output.sensitive) for name, output in state.outputs.items()},
        resources=tuple(
            _resource(resource, instance)
            for resource in state.resources
            if resource.mode == "managed"
            for instance in resource.instances
        ),
    )


class _Foreign(BaseModel):
    # Terraform adds fields between versions; what is not named here is not read.
    model_config = ConfigDict(frozen=True, extra="ignore")


class _LockFile(_Foreign):
    id: str = Field(alias="ID")
    who: str = Field(alias="Who")
    operation: str = Field(alias="Operation")
    created: str = Field(alias="Created")


class _Output(_Foreign):
    value: Any
    sensitive: bool = False


class _Instance(_Foreign):
    index_key: str | int | None = None
    deposed: str | None = None
    attributes: Mapping[str, Any] = Field(default_factory=dict)


class _Resource(_Foreign):
    module: str | None = None
    mode: str
    type: str
    name: str
    instances: tuple[_Instance, ...] = ()


class _StateFile(_Foreign):
    version: Literal[4]
    terraform_version: str
    serial: int
    lineage: str
    outputs: Mapping[str, _Output] = Field(default_factory=dict)
    resources: tuple[_Resource, ...] = ()


_Model = TypeVar("_Model", bound=BaseModel)


def _parse(model: type[_Model], body: bytes, source: str) -> _Model:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        places = ", ".join(sorted({".".join(map(str, fault["loc"])) or "document" for fault in error.errors()}))
        # Without the cause: it would carry the file's content, and a state may hold secrets.
        raise AwsFailed(
            f"{source} is not what Terraform writes there (wrong: {places})",
            "Look at the object's earlier versions in S3, and restore the last good one.",
        ) from None


def _resource(resource: _Resource, instance: _Instance) -> StateResource:
    index = "" if instance.index_key is None else f"[{json.dumps(instance.index_key)}]"
    module = f"{resource.module}." if resource.module else ""
    deposed = f" (deposed {instance.deposed})" if instance.deposed else ""
    attributes = instance.attributes
    return StateResource(
        address=f"{module}{resource.type}.{resource.name}{index}{deposed}",
        type=resource.type,
        id=_text(attributes.get("id")),
        arn=_text(attributes.get("arn")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _read(cloud: Cloud, address: StateAddress, key: str) -> bytes | None:
    with explained(f"reading s3://{address.bucket}/{key}"):
        try:
            reply = cloud.s3(address.region).get_object(
                Bucket=address.bucket, Key=key, ExpectedBucketOwner=cloud.account
            )
            return reply["Body"].read()
        except ClientError as error:
            match error_code(error):
                case "NoSuchKey":
                    return None
                case "NoSuchBucket":
                    raise PrerequisiteError(
                        f"the state bucket {address.bucket} does not exist", "Run `shopctl bootstrap` first."
                    ) from error
                case _:
                    raise
