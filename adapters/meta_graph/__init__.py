"""What the two Meta channels share: the Graph session, the error table, paging and the listing text.

The facts behind it, with their sources and how sure we are: ``docs/channels/meta.md``.
"""
