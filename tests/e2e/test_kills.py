"""A process of a running system that ends when it should not: it is replaced, nothing is lost and nothing sent twice."""

from tests.support.stack import DOZEN, kill, wait_until

LISTINGS = 4 * len(DOZEN)


def test_a_worker_killed_in_the_middle_loses_and_repeats_nothing(seller, stack):
    publishing = seller.begin_publishing()
    wait_until(lambda: len(stack.channels.visible(*seller.accounts)) >= 6, what="the first listings")

    kill(stack.child("worker-1"))

    out, err = publishing.communicate(timeout=180)
    assert publishing.returncode == 0, (out, err)
    visible = stack.channels.visible(*seller.accounts)
    assert len(visible) == LISTINGS
    assert stack.channels.duplicates() == 0


def test_a_media_worker_and_a_scheduler_killed_in_the_middle_are_replaced(seller, stack):
    publishing = seller.begin_publishing()
    wait_until(lambda: stack.channels.calls(of=seller.accounts), what="the first call")

    kill(stack.child("media-1"))
    kill(stack.child("scheduler"))

    out, err = publishing.communicate(timeout=180)
    assert publishing.returncode == 0, (out, err)
    assert len(stack.channels.visible(*seller.accounts)) == LISTINGS
    assert stack.channels.duplicates() == 0
