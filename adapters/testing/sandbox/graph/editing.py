"""What people change by hand in Meta's own apps: posts of a Page, posts of an Instagram account."""

from typing import TYPE_CHECKING

from adapters.testing.sandbox.deeds import Changes, Edit, NotPossible
from adapters.testing.sandbox.graph import feed_events

if TYPE_CHECKING:
    from adapters.testing.sandbox.sandbox import Sandbox


def edit_post(sandbox: "Sandbox", deed: Edit) -> None:
    """Change a post of a Page; whoever hears of the Page's events is told.

    Raises:
        NotPossible: The Page has no such post, or a post has no such field.
    """
    state, changes = sandbox.graph, _possible(deed)
    post = state.posts.get(deed.external_id or "")
    if post is None or post.page != deed.account:
        raise NotPossible(f"there is no post {deed.external_id} on Page {deed.account}")
    if changes.deleted:
        state.remove_post(post)
        feed_events.tell_of_post(sandbox, post, feed_events.REMOVED)
        return
    post.updated = sandbox.clock.now()
    if changes.text is not None:
        post.message = changes.text
        feed_events.tell_of_post(sandbox, post, feed_events.EDITED)
    if changes.hidden is not None:
        post.hidden = changes.hidden
        feed_events.tell_of_post(sandbox, post, feed_events.visibility_of(post))


def edit_media(sandbox: "Sandbox", deed: Edit) -> None:
    """Change a post of an Instagram account. Only people can edit a caption.

    Hidden stands for archived: the post is neither listed nor read any more. That is assumed; no document of Meta's says what
    the API does with archived posts.

    Raises:
        NotPossible: The account has no such post, or a post has no such field.
    """
    state, changes = sandbox.graph, _possible(deed)
    media = state.media.get(deed.external_id or "")
    if media is None or media.user != deed.account:
        raise NotPossible(f"there is no post {deed.external_id} of the account {deed.account}")
    if changes.deleted:
        state.remove_media(media)
        return
    if changes.text is not None:
        media.caption = changes.text
    if changes.hidden is not None:
        media.archived = changes.hidden


def _possible(deed: Edit) -> Changes:
    if deed.changes.price is not None or deed.changes.stock is not None:
        raise NotPossible("a post has no field for a price or a number of units")
    return deed.changes
