"""Checking `params.yaml` before any work: one line that names the key and the cure."""

from math import isfinite
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError, best_match

from selfverify.errors import InputError
from selfverify.storage.yaml_text import parse_yaml
from selfverify.workflow.contradictions import contradictions
from selfverify.workflow.naming import near

SCHEMA = Path(__file__).parents[3] / "rules" / "params.schema.yaml"


# JSON Schema takes 8.0 for an integer; command lines do not.
_Validator = validators.extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


def check_params(params: dict[str, Any], source: str = "params.yaml") -> None:
    """Returns silently if the parameters make sense.

    Raises:
        InputError: with one line that names file, key and cure.
    """
    schema = parse_yaml(SCHEMA.read_text())
    error = best_match(_Validator(schema).iter_errors(params))
    if error is not None:
        raise InputError(f"{source}: {_explain(error)}")
    if params["track"] not in params["tracks"]:
        hint = near(params["track"], params["tracks"])
        raise InputError(f"{source}: track: there is no {params['track']!r}{hint}")
    for name, track in params["tracks"].items():
        for key, problem in contradictions(track):
            raise InputError(f"{source}: tracks.{name}.{key}: {problem}")


def check_metric(metric: dict[str, Any], source: str) -> None:
    """Raises `InputError` if a value of the metric is none that `params.yaml` may have."""
    schema = parse_yaml(SCHEMA.read_text())["properties"]["metric"]
    for name, value in metric.items():
        if isinstance(value, float) and not isfinite(value):
            raise InputError(f"{source}.{name}: {value} is no number to compute with; write one")
    error = best_match(_Validator(schema).iter_errors(metric))
    if error is not None:
        raise InputError(f"{source}.{_explain(error)}")


def _explain(error: ValidationError) -> str:
    """A schema error as one line."""
    place = ".".join(str(part) for part in error.absolute_path)
    prefix = f"{place}: " if place else ""
    if error.validator == "additionalProperties":
        assert isinstance(error.instance, dict)
        known = list(error.schema.get("properties", {}))  # type: ignore[union-attr]
        unknown = str(next(key for key in error.instance if key not in known))
        return f"{prefix}unknown key {unknown!r}{near(unknown, known)}"
    if error.validator == "pattern" and isinstance(error.schema, dict):
        return f"{prefix}{error.instance!r} does not fit: {error.schema.get('description', '')}"
    if error.validator == "required":
        return f"{prefix}{error.message}; see rules/params.schema.yaml"
    if error.validator == "type" and error.instance is None:
        return f"{prefix}empty; give it a value, or remove the key"
    if error.validator == "type":
        kind, wanted = error.validator_value, error.schema.get("description", "")  # type: ignore[union-attr]
        of = f": {wanted}" if wanted else ""
        return f"{prefix}{error.instance!r} is not of type {kind!r}; write one of that type{of}"
    wanted = error.schema.get("description", "")  # type: ignore[union-attr]
    return f"{prefix}{error.message}" + (f" ({wanted})" if wanted else "") + _STATED


_STATED = "; see rules/params.schema.yaml"
