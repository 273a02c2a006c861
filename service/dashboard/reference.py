"""The API's reference, made from its own OpenAPI document: no script, nothing from elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

Schemas = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ParameterView:
    """One parameter of an operation."""

    name: str
    place: str
    type: str
    default: str
    description: str


@dataclass(frozen=True, slots=True)
class OperationView:
    """One thing the API answers."""

    method: str
    path: str
    summary: str
    parameters: list[ParameterView]
    answer: str | None


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of an answer."""

    name: str
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole reference."""

    introduction: list[str]
    operations: list[OperationView]
    shapes: list[tuple[str, str, list[FieldView]]]


def read_reference(app: FastAPI) -> Reference:
    """Read the reference off the application."""
    document = app.openapi()
    schemas = document["components"]["schemas"]
    return Reference(
        introduction=str(document["info"]["description"]).strip().split("\n\n"),
        operations=[
            _operation(method.upper(), path, operation, schemas)
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
            if method in {"get", "post"}
        ],
        shapes=[
            (name, str(schema.get("description", "")), _fields(schema, schemas))
            for name, schema in sorted(schemas.items())
            if schema.get("type") == "object"
        ],
    )


def _operation(
    method: str, path: str, operation: Mapping[str, Any], schemas: Schemas
) -> OperationView:
    content = operation["responses"]["200"].get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    return OperationView(
        method=method,
        path=path,
        summary=str(operation.get("description", "")),
        parameters=[
            ParameterView(
                name=parameter["name"],
                place=parameter["in"],
                type=_type(parameter["schema"], schemas),
                default=str(parameter["schema"].get("default", "")),
                description=str(parameter.get("description", "")),
            )
            for parameter in operation.get("parameters", ())
        ],
        answer=_type(schema, schemas) if "$ref" in schema else None,
    )


def _fields(schema: Mapping[str, Any], schemas: Schemas) -> list[FieldView]:
    return [
        FieldView(name, _type(field, schemas), str(field.get("description", "")))
        for name, field in schema.get("properties", {}).items()
    ]


def _type(schema: Mapping[str, Any], schemas: Schemas) -> str:
    """A JSON schema in a few words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        return _type(schemas[name], schemas) if "enum" in schemas[name] else name
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(part, schemas) for part in schema["anyOf"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}), schemas)}"
    return str(schema.get("format") or schema.get("type", "any"))
