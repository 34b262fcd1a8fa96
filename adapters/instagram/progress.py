"""How far a publish has come: what is stored between its steps."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from adapters.instagram.limits import FIRST_LOOK, LONGEST_LOOK, MAX_FAILURES
from schemas.listing import Pending, Rendition


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The state of one publish, JSON all through.

    Attributes:
        made_for: Fingerprint of the rendition the containers were made for.
        began: When the publish began, ISO 8601 with offset; nothing of it is older.
        children: Containers of the carousel pictures made so far, in order.
        container: The container that will be published; None until it exists. A container is published at most
            once, so its id is the guard against a second post.
        looks: How often it was looked at since it was made.
        failures: Refusals worth another try, over the whole publish.
    """

    made_for: str
    began: str
    children: tuple[str, ...] = ()
    container: str | None = None
    looks: int = 0
    failures: int = 0

    @classmethod
    def start(cls, rendition: Rendition, now: datetime) -> Self:
        """Begin a publish."""
        return cls(made_for=rendition.fingerprint, began=now.isoformat())

    @classmethod
    def read(cls, pending: Pending) -> Self:
        """Read what a former step left."""
        values: dict[str, Any] = dict(pending.progress)
        return cls(**(values | {"children": tuple(values.get("children", ()))}))

    @property
    def since(self) -> datetime:
        """When the publish began."""
        return datetime.fromisoformat(self.began)

    @property
    def may_fail_again(self) -> bool:
        """Whether another failure is still worth a try."""
        return self.failures < MAX_FAILURES.value

    @property
    def is_at_last_try(self) -> bool:
        """Whether the tries are used up and nothing was rebuilt for it yet."""
        return self.failures == MAX_FAILURES.value

    def looked(self) -> Self:
        """Count a look that found nothing new."""
        return replace(self, looks=self.looks + 1)

    def failed(self) -> Self:
        """Count a refusal; what was made so far stays."""
        return replace(self, failures=self.failures + 1)

    def rebuilt(self) -> Self:
        """Forget the containers, which are invisible and expire, and count why."""
        return replace(self, children=(), container=None, looks=0, failures=self.failures + 1)

    def renewed(self, rendition: Rendition) -> Self:
        """Forget containers that are of no use any more; nobody failed."""
        return replace(self, made_for=rendition.fingerprint, children=(), container=None, looks=0, failures=0)

    def pending(self) -> Pending:
        """Say when to look again: twice soon, for a picture is mostly ready by then, then ever later, at most a minute."""
        doublings = min(max(self.looks, self.failures, 1) - 1, LONGEST_LOOK.value.bit_length())
        seconds = min(FIRST_LOOK.value * 2**doublings, LONGEST_LOOK.value)
        return Pending(
            progress=asdict(self) | {"children": list(self.children)}, check_after=timedelta(seconds=seconds)
        )
