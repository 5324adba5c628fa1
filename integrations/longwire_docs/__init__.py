"""Live cells in documentation: `longwire_docs.sphinx` for Sphinx and MyST, a plugin for MkDocs."""
