"""The directive `interact-cell` for Sphinx, and so for MyST. `conf.py` names the service: `longwire_url`."""

from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

from longwire_docs import cell


class InteractCell(nodes.literal_block):
    """A cell. Whatever a builder other than HTML's does with a code block, it does with this."""


class InteractCellDirective(SphinxDirective):
    """`.. interact-cell::` with the code as its content, or the name of a file that holds it."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {name: partial(cell.checked, name) for name in cell.OPTIONS}

    def run(self) -> list[nodes.Node]:
        """Make the node of a cell."""
        if not self.config.longwire_url:
            raise self.error("interact-cell needs longwire_url in conf.py: the address of a Longwire service")
        code = self._code()
        node = InteractCell(code, code, language="python", attributes_of_cell=self.options)
        self.set_source_info(node)
        return [node]

    def _code(self) -> str:
        if bool(self.arguments) == bool(self.content):
            raise self.error("interact-cell needs code: either below it or in the file that it names")
        if not self.arguments:
            return "\n".join(self.content)
        name, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(name)
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\n")
        except OSError as error:
            raise self.error(f"interact-cell: cannot read {self.arguments[0]}: {error.strerror}") from error


def _visit(translator: HTML5Translator, node: InteractCell) -> None:
    translator.body.append(cell.html(node.astext(), node["attributes_of_cell"]))
    raise nodes.SkipNode


def _visit_as_code(translator: HTML5Translator, node: InteractCell) -> None:
    translator.visit_literal_block(node)


def _depart(translator: HTML5Translator, node: InteractCell) -> None:
    """Nothing is left to do."""


def _add_script(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree is None or app.builder.name == "epub" or not any(doctree.findall(InteractCell)):
        return
    app.add_js_file(cell.script(app.config.longwire_url), type="module")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Sphinx calls this for `extensions = ["longwire_docs.sphinx"]`."""
    app.add_config_value("longwire_url", "", "env", [str])
    # An e-book runs no scripts; the other builders take the node for the code block that it is.
    app.add_node(InteractCell, html=(_visit, _depart), epub=(_visit_as_code, _depart))
    app.add_directive("interact-cell", InteractCellDirective)
    app.connect("html-page-context", _add_script)
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
