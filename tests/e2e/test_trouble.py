"""Trouble with one channel or one picture holds back what it concerns, and nothing else."""

from tests.support.stack import good_rows

THREE = ("PLK-BSD-240", "PLK-BBT-15", "SNI-SEG-10")


def test_an_account_with_a_dead_token_waits_once_and_the_others_go_on(seller, stack):
    before = stack.channels.now()
    with stack.channels.trouble(effect={"kind": "expire_token"}, channel="line_shop", account=seller.shop):
        report = seller.publish(good_rows(*THREE), code=5)

    states = {account["name"]: account["state"] for account in report["accounts"]}
    assert states == {"page": "active", "ig": "active", "line": "needs_reauth", "market": "active"}
    for name in ("page", "ig", "market"):
        assert report["channels"][name]["live"] == 3, name
    assert report["channels"]["line"]["stopped"] == 3
    [problem] = [account["problem"] for account in report["accounts"] if account["problem"]]
    assert "เชื่อม" in problem["th"]
    assert len(stack.channels.calls(before, of=[seller.shop])) <= 3, "a parked account is not asked again"
    seller.cli.run("status").told(0, "บัญชี line รอคุณ", problem["th"])

    seller.connect("line")

    report = seller.publish(good_rows(*THREE))
    assert report["channels"]["line"]["live"] == 3
    assert stack.channels.duplicates() == 0


def test_a_paused_account_gets_nothing_until_it_is_resumed(seller, stack):
    seller.cli.run("channels", "pause", "page").told(0)
    seller.publish(good_rows(THREE[0]))
    assert stack.channels.listings(seller.page) == []

    seller.cli.run("channels", "resume", "page").told(0)
    seller.publish(good_rows(THREE[0]))

    assert len(stack.channels.visible(seller.page)) == 1


def test_a_broken_market_file_stops_that_market_only(seller, stack):
    path = stack.var / "run" / "emarkets" / "sandbox-emarket.yaml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole + "\ncolour: red\n", encoding="utf-8")
    try:
        report = seller.publish(good_rows(THREE[0]), code=5)
        shown = seller.cli.run("publish", seller.folder / "goods.csv", "--photos", seller.photos).told(5)
    finally:
        path.write_text(whole, encoding="utf-8")

    for name in ("page", "ig", "line"):
        assert report["channels"][name]["live"] == 1, report
    assert stack.channels.listings(seller.market) == []
    [problem] = [account["problem"] for account in report["accounts"] if account["problem"]]
    for words in (problem["th"], problem["en"], shown.out):
        assert "sandbox-emarket.yaml" in words
        assert "colour" in words


def test_a_picture_nobody_can_read_is_named_and_other_goods_go_on(seller, tmp_path):
    folder = tmp_path / "photos"
    good, broken = good_rows(*THREE[:2])
    for row in (good, broken):
        for name in row["image_files"].split("|"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((seller.photos / name).read_bytes())
    name = broken["image_files"].split("|")[0]
    (folder / name).write_bytes((folder / name).read_bytes()[:700])

    file = seller.file([good, broken])
    report = seller.cli.run("publish", file, "--photos", folder, "--json").told(0).json

    assert set(seller.states(good["sku"]).values()) == {"live"}
    assert {needed["sku"] for needed in report["needs_you"]} == {broken["sku"]}
    for needed in report["needs_you"]:
        assert name in needed["problems"][0]["th"]


def test_a_lost_answer_is_looked_up_and_not_sent_twice(seller, stack):
    lost = {"kind": "drop_answer", "after_effect": True}
    with stack.channels.trouble(effect=lost, account=seller.page, operation="post.create", count=1):
        report = seller.publish(good_rows(THREE[0]), "--channels", "page")

    assert report["settled"]
    assert seller.states(THREE[0]) == {"page": "live"}
    assert len(stack.channels.visible(seller.page)) == 1
