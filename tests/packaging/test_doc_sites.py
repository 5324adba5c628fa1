"""Cells in documentation: what authors may write, and what is printed where no script runs."""

import html
import re

import pytest
from longwire_docs import cell

from tests.doc_sites import DOCUMENT, ROOT, SECONDS, DocSites

CODE = 'print(n, n < 2 & 1, "</pre><b>&lt;")'


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> DocSites:
    return DocSites(tmp_path_factory.mktemp("documentation"), "https://longwire.example")


@pytest.mark.parametrize(
    "code", ["", "\n\nx", "a < b && c > d", "'</pre></interact-cell><script>'", "&lt; &#38;"]
)
def test_code_is_in_the_page_as_it_was_written(code: str) -> None:
    found = re.fullmatch(r"<interact-cell><pre>\n([^<]*)\n</pre></interact-cell>", cell.html(code, {}))
    assert found
    assert html.unescape(found[1]) == code


def test_attributes_cannot_be_left() -> None:
    assert cell.html("", {"label": '"><script>'}).startswith(
        '<interact-cell label="&quot;&gt;&lt;script&gt;">'
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("colour", "red", "colour: no option of a cell; there are autorun, "),
        ("theme", "blue", "theme: 'blue' is none of auto, light, dark"),
        ("autorun", "no", "autorun: takes no value"),
        ("linked", None, "linked: has no value"),
        ("idle-timeout", "long", "idle-timeout: 'long' is no whole number"),
    ],
)
def test_a_wrong_option_is_named(name: str, value: str | None, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        cell.checked(name, value)


def test_the_options_are_attributes_of_the_element_and_told_of() -> None:
    attributes = (
        (ROOT / "docs" / "embedding.md").read_text().partition("## Attributes")[2].partition("\n## ")[0]
    )
    for name in cell.OPTIONS:
        assert f"`{name}`" in DOCUMENT, name
        assert name == "id" or f"`{name}" in attributes, name


@pytest.mark.timeout(SECONDS)
def test_what_runs_no_scripts_shows_the_code(sites: DocSites) -> None:
    text = (sites.sphinx("text") / "index.txt").read_text()
    book = (sites.sphinx("epub") / "index.xhtml").read_text()
    print_out = (sites.sphinx("latex") / "waves.tex").read_text()

    assert CODE in text
    assert CODE in html.unescape(re.sub(r"<[^>]*>", "", book))
    assert r"\PYG{n}{slider}" in print_out
    for page in (text, book, print_out):
        assert "cell.js" not in page
        assert "interact-cell" not in page


@pytest.mark.timeout(SECONDS)
def test_a_wrong_option_fails_the_build_in_words(sites: DocSites) -> None:
    sites.write("index.rst", "A\n=\n\n.. interact-cell::\n   :theme: blue\n\n   1\n")
    sites.write("docs/index.md", '```interact-cell theme="blue"\n1\n```\n')

    for build in (sites.sphinx, sites.mkdocs):
        with pytest.raises(AssertionError, match="theme: 'blue' is none of auto, light, dark"):
            build()
