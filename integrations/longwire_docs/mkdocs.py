"""The MkDocs plugin `longwire`: fences named `interact-cell` become cells of the service at `url`."""

from html import escape
from typing import Any

from mkdocs.config import Config
from mkdocs.config.config_options import URL
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import BasePlugin
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from pymdownx.superfences import SuperFencesException

from longwire_docs import cell

SUPERFENCES = "pymdownx.superfences"


class LongwireConfig(Config):
    """What `mkdocs.yml` says below `longwire`."""

    url = URL()


class LongwirePlugin(BasePlugin[LongwireConfig]):
    """Teaches the fences to Markdown, and gives pages with cells the script."""

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Add the fence to those of SuperFences, which are loaded if they are not."""
        if SUPERFENCES not in config.markdown_extensions:
            config.markdown_extensions.append(SUPERFENCES)
        fences = config.mdx_configs.setdefault(SUPERFENCES, {}).setdefault("custom_fences", [])
        fences.append(
            {"name": "interact-cell", "class": "interact-cell", "validator": _validate, "format": _format}
        )
        return config

    def on_page_content(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        """Give a page that has a cell the script."""
        if "<interact-cell" not in html:
            return html
        return f'{html}\n<script type="module" src="{escape(cell.script(self.config.url))}"></script>'


def _validate(
    language: str, inputs: dict[str, str | None], options: dict[str, str], attrs: dict[str, str], md: object
) -> bool:
    # Any other exception would quietly turn the cell into plain code.
    try:
        options.update({name: cell.checked(name, value) for name, value in inputs.items()})
    except ValueError as error:
        raise SuperFencesException(f"interact-cell: {error}") from error
    return True


def _format(
    source: str, language: str, class_name: str, options: dict[str, str], md: object, **more: Any
) -> str:
    attributes = {**options, "id": more["id_value"]} if more["id_value"] else options
    # Markdown puts what it does not know as a block into a <p>, which a <pre> would end.
    return f'<div class="{class_name}">{cell.html(source, attributes)}</div>'
