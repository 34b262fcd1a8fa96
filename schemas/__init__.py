"""What a thing is: the canonical product, a listing, a problem. Pydantic and the standard library only."""
