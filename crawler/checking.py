"""Check what people write in TOML: an error is one sentence that names file, key and what to write instead."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)

#: pydantic's words are for programmers; these say what to write. A type that is not here keeps pydantic's.
_WORDS = {
    "bool_parsing": "write true or false, without quotes",
    "bool_type": "write true or false, without quotes",
    "dict_type": "write a table of keys",
    "float_parsing": "write a number",
    "float_type": "write a number",
    "int_from_float": "write a whole number",
    "int_parsing": "write a whole number",
    "int_type": "write a whole number",
    "list_type": "write a list in square brackets",
    "model_type": "write a table of keys",
    "path_type": "write a path in quotes",
    "string_too_short": "write something between the quotes",
    "string_type": "write a text in quotes",
}


class SeedError(Exception):
    """A park or layout file cannot be used; the sentence names file, key and what to write instead."""


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raises SeedError with its name and the line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SeedError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SeedError(f"{path}: is no text in UTF-8 (at byte {error.start}): save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SeedError(f"{path}: is not TOML: {error}") from error


def check(model: type[M], data: dict[str, Any], path: Path) -> M:
    """Validate *data*; raises SeedError that names the file, the key and the nearest valid word."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise SeedError(f"{path}: {sentence_of(error, model)}") from error


def sentence_of(error: ValidationError, model: type[BaseModel], *, section: str = "") -> str:
    """Return the one thing to mend first; a misspelt key before the one that it leaves missing."""
    found = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")[0]
    # Where a value may be of several kinds, pydantic adds the kind to its place.
    place = [str(part) for part in found["loc"] if part not in ("bool", "str")]
    key = ".".join([*([section] if section else []), *place]) or "the file"
    if found["type"] == "extra_forbidden":
        return f"unknown key '{key}'{nearest(place[-1], _keys_at(model, place[:-1]))}"
    if found["type"] == "missing":
        return f"'{key}' is missing"
    return f"{key}: {_words_of(found)} (found {str(found.get('input'))[:80]!r})"


def nearest(word: str, known: list[str]) -> str:
    """Return the end of a sentence about an unknown word: the one that was meant, or all that there are."""
    near = difflib.get_close_matches(word, known, n=1)
    return f", did you mean '{near[0]}'?" if near else f"; known are {', '.join(known)}"


def _words_of(detail: Mapping[str, Any]) -> str:
    context = detail.get("ctx") or {}
    match detail["type"]:
        case "value_error":
            return str(detail["msg"]).removeprefix("Value error, ")
        case "too_short":
            return f"write at least {context['min_length']}"
        case "greater_than_equal":
            return f"write {context['ge']:g} or more"
        case "less_than_equal":
            return f"write {context['le']:g} or less"
        case "literal_error":
            return f"write {context['expected']}"
        case kind:
            return _WORDS.get(kind) or re.sub("^Input should", "it should", str(detail["msg"]))


def _keys_at(model: type[BaseModel], place: list[str]) -> list[str]:
    """Return the keys that may stand at a place, as people write them."""
    for name in place:
        fields = {field.alias or key: field for key, field in model.model_fields.items()}
        if name in fields:
            model = next(_models_in(fields[name].annotation), model)
    return [field.alias or key for key, field in model.model_fields.items()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)
