"""Run by a Python that has cel-expr-python: evaluate rules of CustomResourceDefinitions on values.

Reads from standard input, and writes to standard output, JSON lists. In: ``{"rule": …, "self": …}``. Out: whether the
rule holds, or a text that says why nobody knows. ``self`` is untyped here, and fields that are words of CEL have the
names that Kubernetes escapes them to (``__namespace__``).
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

# https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions, "Validation rules".
_RESERVED = frozenset(
    (
        *("true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import"),
        *("let", "loop", "package", "namespace", "return"),
    )
)


def main() -> None:
    cel = importlib.import_module("cel_expr_python.cel")  # only the other Python has it
    ext_strings = importlib.import_module("cel_expr_python.ext.ext_strings")
    environment = cel.NewEnv(variables={"self": cel.Type.DYN}, extensions=[ext_strings.ExtStrings()])
    compiled: dict[str, Any] = {}
    json.dump([_outcome(cel, environment, compiled, case) for case in json.load(sys.stdin)], sys.stdout)


def _outcome(cel: Any, environment: Any, compiled: dict[str, Any], case: dict[str, Any]) -> bool | str:
    rule = case["rule"]
    try:
        if rule not in compiled:
            compiled[rule] = environment.compile(rule)
        result = compiled[rule].eval(data={"self": _escaped(case["self"])})
    except Exception as error:  # whatever it is, it is the answer
        return f"{type(error).__name__}: {error}"
    if result.type() != cel.Type.BOOL:
        return str(result.value())
    return bool(result.value())


def _escaped(value: Any) -> Any:
    if isinstance(value, dict):
        return {f"__{key}__" if key in _RESERVED else key: _escaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    return value


if __name__ == "__main__":
    main()
