"""Pictures: fetched or read, checked, sized for every channel in one decode, stored under their own hash.

``pipeline`` is pure; ``guard`` runs it in a process that a hostile file may kill; ``storage`` keeps the results;
``fetch`` takes pictures from addresses that sellers typed.
"""
