"""``syndicator webhooks``, as typed."""

from tests.support.cli import CommandLine


def test_an_endpoint_is_added_listed_tried_rotated_paused_and_removed(connected):
    command = CommandLine({**connected.env, "SYNDICATOR_WEBHOOKS__ALLOW_PRIVATE": "true"})
    made = command.json(
        "webhooks", "add", "http://127.0.0.1:9/hook", "--event", "listing.live", "--everybody"
    )
    hook = made["id"]
    assert made["secret"].startswith("whsec_")

    command.run("webhooks", "list").told(0, hook, "active")
    message = command.json("webhooks", "test", hook)["message"]
    command.run("webhooks", "deliveries", hook).told(0, message, "webhook.test")
    assert command.json("webhooks", "replay", hook, "--message", message) == {"replayed": 1}
    assert command.json("webhooks", "replay", hook, "--since", "2026-01-01") == {"replayed": 0}
    assert command.json("webhooks", "rotate", hook)["secret"] != made["secret"]
    command.run("webhooks", "pause", hook).told(0)
    command.run("webhooks", "list").told(0, "paused", "หยุดส่งไว้ตามคำสั่ง")
    command.run("webhooks", "resume", hook).told(0)
    assert [one["paused_reason"] for one in command.json("webhooks", "list", "--everybody")["webhooks"]] == [
        None
    ]
    assert command.json("webhooks", "list", "--seller", "A")["webhooks"] == []

    command.run("webhooks", "remove", hook).told(0)
    command.run("webhooks", "deliveries", hook).told(3, f"no webhook {hook}")


def test_what_cannot_be_done_is_said_with_what_to_do(connected):
    connected.run("webhooks", "add", "http://127.0.0.1:9/hook").told(3, "https://")
    connected.run("webhooks", "add", "https://10.0.0.1/", "--everybody").told(3, "private network")
    connected.run("webhooks", "add", "https://x.example/", "--everybody", "--centre", "C").told(
        2, "--everybody"
    )
    connected.run("webhooks", "remove", "we_x").told(3, "ไม่พบปลายทาง")
    connected.run("webhooks", "replay", "we_x").told(2, "--message")
