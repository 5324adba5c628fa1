"""Compiles what is in the functions' zip: Lambda cannot write beside it, and would do it at every cold start.

The bytecode is not checked against its source (PEP 552, unchecked-hash), so it is good whatever time a zip
gives its files. It is of this Python's version, which is the runtime that Chalice writes into the template.
"""

import compileall
import py_compile
import tempfile
import zipfile
from pathlib import Path

# The same package has the same bytes, whenever it is made.
_DATE = (1980, 1, 1, 0, 0, 0)


def add(package: Path) -> None:
    """Put bytecode into a zip, in the place of any that is there."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        with zipfile.ZipFile(package) as zipped:
            zipped.extractall(folder)
        for path in folder.rglob("__pycache__/*"):
            path.unlink()
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(folder, quiet=2, stripdir=directory, invalidation_mode=mode, optimize=0)
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as zipped:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                info = zipfile.ZipInfo(str(path.relative_to(folder)), _DATE)
                # Readable by the user that Lambda runs functions as.
                info.external_attr = 0o100644 << 16
                zipped.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
