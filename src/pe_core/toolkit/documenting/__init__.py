"""Fill the parts of our Markdown pages that are cut out of files or made from docstrings.

``python -m pe_core.toolkit.documenting`` writes them anew, with ``--check`` it only says which
are stale (`make docs`). Nothing else of a page is touched.
"""

from pe_core.toolkit.documenting.filling import Marker, fill, markers, pages

__all__ = ["Marker", "fill", "markers", "pages"]
