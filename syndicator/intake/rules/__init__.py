"""The rules of one row, by kind of value.

Each reads one or a few cells, adds what is wrong to the findings and returns the value, or None when it cannot be
used.
"""
