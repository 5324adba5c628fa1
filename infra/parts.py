"""A CloudFormation template in parts: the YAML files of a folder as one template."""

from pathlib import Path
from typing import Any

import yaml

Template = dict[str, Any]

FOLDER = Path(__file__).parent / "template"
BUFFERS = FOLDER / "buffers"
"""The tables, the queues and the bucket: what infra/local makes, too."""


class PartError(Exception):
    """A part cannot be read, or says what another part says already; the text names the file."""


def join(folder: Path) -> Template:
    """The sections of all files of a folder and of those below it, each entry from one file.

    :raises PartError: names the file, and the entry that is there twice.
    """
    whole: Template = {}
    for path in sorted(folder.rglob("*.yaml")):
        for section, entries in read(path).items():
            known = whole.setdefault(section, {})
            twice = known.keys() & entries.keys()
            if twice:
                raise PartError(f"{path}: {section} has {', '.join(sorted(twice))} in another file already")
            known.update(entries)
    return whole


def read(path: Path) -> Template:
    """One part: section by section, what it defines. Long-form intrinsics only: a plain YAML reader reads it.

    :raises PartError: names the file.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise PartError(f"{path} cannot be read as a part of the template: {error}") from error
    if not isinstance(content, dict) or not all(isinstance(entries, dict) for entries in content.values()):
        raise PartError(f"{path} is no part of a template: its sections must be mappings")
    return content
