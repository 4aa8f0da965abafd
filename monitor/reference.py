"""Write what is known of settings and verbs: the file that init writes, and the tables in docs/running.md."""

import sys
from pathlib import Path
from typing import Any

from pydantic_core import PydanticUndefined

from crawler.seeds import BUNDLED
from monitor.settings import Settings, all_keys, variable_of

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "running.md"
#: What stands for a path that has no default; taken as it is, it is refused with the key's name.
_NONE = '"/path/to/a/file"'
BEGIN, END = "<!-- settings: made by `make docs` -->", "<!-- end of settings -->"


def settings_file() -> str:
    """Return a settings file in which every key stands commented, with its default where it has one."""
    lines = ["# Parkwatch's settings. Every key can also be set in the environment, such as PARKWATCH_CRAWL__DELAY=5."]
    for section, found in Settings.model_fields.items():
        assert isinstance(found.annotation, type)
        lines += ["", f"[{section}]  # {_first_line(found.annotation)}"]
        for key, field in found.annotation.model_fields.items():
            default = str(field.default) if isinstance(field.default, Path) else field.default
            lines += [f"# {field.description}", f"# {key} = {_toml(default)}"]
    return "\n".join(lines) + "\n"


def settings_table() -> str:
    """Return the settings as a Markdown table."""
    rows = ["| key | variable | default | is |", "|---|---|---|---|"]
    for key, field in all_keys():
        default = "none" if field.default is None else _toml(field.default)
        rows.append(f"| `{key}` | `{variable_of(key)}` | `{default}` | {field.description} |")
    return "\n".join(rows)


def with_table(text: str) -> str:
    """Return a document with its settings table made anew."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{settings_table()}\n{END}{tail}"


def _first_line(model: type) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _toml(value: Any) -> str:
    if value is None or value is PydanticUndefined:
        return _NONE
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Path):
        return f'"{value.relative_to(BUNDLED.parent)}"' if value.is_relative_to(BUNDLED.parent) else f'"{value}"'
    return f'"{value}"' if isinstance(value, str) else str(value)


if __name__ == "__main__":
    made = with_table(DOCUMENT.read_text(encoding="utf-8"))
    if "--check" in sys.argv and made != DOCUMENT.read_text(encoding="utf-8"):
        sys.exit(f"{DOCUMENT} is behind the code: run 'make docs'")
    DOCUMENT.write_text(made, encoding="utf-8")
