"""From a seller's CSV or XLSX to products: good rows become products, bad rows come back with the reason.

``reading.read_products`` is the door. A file is read in layers: ``file_kind`` and ``encoding`` decide what it is,
``csv_rows`` and ``xlsx_rows`` make rows of text, ``header`` checks the columns, ``row`` and ``rules`` judge one
row, ``groups`` judges rows together, ``failed_rows`` writes the bad ones back. The format is described in
``tests/data/README.md``. Nothing is ever guessed: what looks mangled is reported, with a suggestion to look at.
"""
