"""`python -m infra.described`: writes the tables of parameters and of resources into docs/deploying.md."""

import re
from collections import defaultdict
from pathlib import Path

from infra import parts
from infra.parts import Template

PAGE = Path(__file__).resolve().parents[1] / "docs" / "deploying.md"


def parameters(template: Template) -> str:
    """What an operator may choose, with its default; what `make deploy` finds out by itself is left out."""
    rows = ["| parameter | default | what it says |", "|---|---|---|"]
    for name, one in template["Parameters"].items():
        if one.get("NoEcho") or name in ("ArtifactBucket", "AgentKey", "Permalinks", "ApiGatewayLogRole"):
            continue
        words = one.get("Description", "")
        if "AllowedValues" in one:
            words += f" ({', '.join(map(str, one['AllowedValues']))})"
        rows.append(f"| `{name}` | `{one.get('Default', '')}` | {words.strip()} |".replace("| `` |", "|  |"))
    return "\n".join(rows)


def resources() -> str:
    """What each part of the template makes, by type; what it only says of Chalice's own is left out."""
    rows = ["| part | what it makes |", "|---|---|"]
    for path in sorted(parts.FOLDER.rglob("*.yaml")):
        kinds: dict[str, list[str]] = defaultdict(list)
        for name, one in parts.read(path).get("Resources", {}).items():
            if "Type" in one:
                kinds[one["Type"].removeprefix("AWS::")].append(name)
        if kinds:
            made = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in sorted(kinds.items()))
            rows.append(f"| `{path.relative_to(parts.FOLDER)}` | {made} |")
    return "\n".join(rows)


def renewed(page: str) -> str:
    """The page with its tables as the template is now."""
    for name, table in (("parameters", parameters(parts.join(parts.FOLDER))), ("resources", resources())):
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        page = pattern.sub(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", page)  # type: ignore[misc]
    return page


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
