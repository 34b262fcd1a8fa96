"""A small channel, the whole of it: what it takes to add one, and what the kit says when a promise is broken."""
