"""Nothing secret anywhere: a system that met every trouble is searched for the secrets it was given.

The commands run as processes of their own: what another command of the same process has learned to blank would hide
what they say.
"""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest
import redis

from syndicator.local.probes import libpq_url
from syndicator.local.servers import running_endpoints
from tests.support.cli import CommandLine, connect_options
from tests.support.planted import Searcher, Sighting
from tests.support.stack import (
    Seller,
    Stack,
    good_rows,
    kill,
    quick_environment,
    running_stack,
    short_folder,
    wait_until,
)

# The first test waits for the whole story, which takes five minutes on a busy machine.
pytestmark = pytest.mark.timeout(900)

APP_SECRET = "planted/app+secret=of&meta 9f3c"
GOODS = ("PLK-BSD-240", "PLK-BBT-15", "SNI-SEG-10", "UTT-HTE-20")
CHANNELS = ("facebook_page", "instagram", "line_shop", "emarket")
LOOKS = (
    ("status",),
    ("status", GOODS[0]),
    ("listings",),
    ("channels", "list"),
    ("notices", "--all"),
    ("dead", "list"),
    ("dead", "list", "--flat"),
    ("queues",),
    ("codes",),
    ("doctor",),
)


@dataclass(frozen=True)
class Hurt:
    """A system that met every trouble, what it was not to tell, what was said on the way and found at its end.

    The end is searched once, before any test: what the control plants by hand stays in the journals of the servers.
    """

    stack: Stack
    seller: Seller
    searcher: Searcher
    said: dict[str, str]
    kept: set[Sighting]

    @property
    def endpoints(self):
        """Where its servers are."""
        found = running_endpoints(self.stack.var)
        assert found is not None
        return found

    def sightings(self) -> set[Sighting]:
        """Search everything that is kept."""
        key = frozenset({self.stack.var / "secret.key"})
        return {
            *self.searcher.database(self.endpoints.database_url),
            *self.searcher.broker(self.endpoints.redis_url),
            *self.searcher.files(self.stack.var, besides=key),
        }

    def execute(self, statement: str, *values: object) -> list[tuple]:
        """Run a statement in the database."""
        with psycopg.connect(libpq_url(self.endpoints.database_url), autocommit=True) as connection:
            found = connection.execute(statement, values)
            return found.fetchall() if found.description else []


def planted(seller: Seller, key: str) -> dict[str, str]:
    """Return every secret the system is given, by a name that may be shown.

    The application's key of the market is a word that also stands in the market's own name, so it cannot be told apart.
    """
    found = {"meta app secret": APP_SECRET, "encryption key": key}
    for account in map(seller.account, ("page", "ig", "line", "market")):
        for name, value in account.credentials.items():
            if name != "app_key":
                found[f"{account.name} {name}"] = value
    return found


def quoting(secrets: dict[str, str]) -> list[dict]:
    """Return the answers of a channel that quotes secrets back: in sentences, in odd bodies, in other writings."""
    values = list(secrets.values())
    plain = " ".join(f"{value}, access_token={value}&x=1" for value in values)
    encoded = " ".join(quote(value, safe="") for value in values)
    packed = base64.b64encode(f"user:{' '.join(values)}".encode()).decode()
    return [
        {"kind": "error", "status": 400, "message": f"the credential {plain} is not welcome"},
        {"kind": "error", "status": 400, "message": encoded},
        {"kind": "error", "status": 500, "body": {"oops": plain, "at": f"https://x.test/?t={encoded}"}},
        {"kind": "error", "status": 403, "body": {"message": packed, "error": {"message": packed}}},
        {"kind": "error", "status": 302, "body": f"<a href='https://x.test/{encoded}'>{plain}</a>"},
        {"kind": "error", "status": 200, "body": plain},
    ]


def connect(seller: Seller, secrets: Path, *names: str) -> None:
    for name in names or ("page", "ig", "line", "market"):
        seller.cli.connect(seller.account(name), secrets).told(0)


def told(sightings: set[Sighting]) -> list[str]:
    """Write sightings so that a failure shows them all."""
    return sorted(f"{sighting.where}: {sighting.name}" for sighting in sightings)


@pytest.fixture(scope="module")
def hurt(photos, tmp_path_factory):
    """Publish, update, set stock and withdraw on four channels in every trouble, with a worker killed in mid-call."""
    secrets = tmp_path_factory.mktemp("secrets")
    with short_folder() as folder, ExitStack() as stack:
        env = quick_environment(folder) | {
            "SYNDICATOR_META__APP_SECRET": APP_SECRET,
            "SYNDICATOR_RETRY__FIRST_WAIT": "PT0.2S",
            "SYNDICATOR_RETRY__LONGEST_WAIT": "PT1S",
            "SYNDICATOR_RETRY__MAX_ATTEMPTS": "3",
        }
        system = stack.enter_context(running_stack(CommandLine(env), photos))
        seller = system.seller(901)
        connect(seller, secrets)
        known = planted(seller, (folder / "secret.key").read_text(encoding="ascii").strip())
        made = seller.cli.run_process("api-keys", "create", "registry", "--role", "admin", "--json")
        key = json.loads(made.out)["key"]
        # No channel is ever given it, so none can quote it back.
        searched = known | {"api key": key.rpartition("_")[2]}
        hurt = Hurt(system, seller, Searcher(searched), said={}, kept=set())
        _call_the_api(hurt, key)
        _live_through(hurt, known, secrets)
        hurt.kept.update(hurt.sightings())
        yield hurt


def _live_through(hurt: Hurt, known: dict[str, str], secrets: Path) -> None:
    _publish_in_trouble(hurt, known)
    _kill_a_worker_in_mid_call(hurt)
    connect(hurt.seller, secrets)
    _change_in_trouble(hurt, known, secrets)
    _refuse_the_credentials(hurt, known)
    _ask_everything(hurt)
    _connect_wrongly(hurt, secrets)
    with httpx.Client(base_url=hurt.stack.channels.url, trust_env=False, timeout=30) as pages:
        for path in ("/", "/_sandbox/journal?limit=200000", "/_sandbox/listings", "/_sandbox/summary"):
            hurt.said[f"sandbox {path}"] = pages.get(path, follow_redirects=True).text


def _call_the_api(hurt: Hurt, key: str) -> None:
    """Send the key of another system where it belongs, and wherever somebody may put it by mistake."""
    with httpx.Client(base_url=hurt.stack.api_url, trust_env=False, timeout=30) as system:
        bearer = {"Authorization": f"Bearer {key}"}
        answers = [
            # First in the wrong places, before anybody has learned which secret is behind it.
            system.get("/v1/me", params={"key": key}),
            system.get(f"/v1/sellers/{key}"),
            system.get(f"/hooks/{key}"),
            system.get("/v1/me", headers={"Authorization": key}),
            system.get("/v1/me", headers=bearer),
            system.get(f"/v1/sellers/{key}", headers=bearer),
            system.patch(f"/v1/sellers/{key}", headers=bearer, json={"name": "new"}),
            system.patch("/v1/sellers/seller-1", headers=bearer, content=f'{{"{key}": '),
        ]
    assert [answer.status_code for answer in answers[3:6]] == [401, 200, 404]


def _order(hurt: Hurt, effects: list[dict], **more: object) -> None:
    url = f"{hurt.stack.channels.url}/_sandbox/faults"
    orders = [{"effect": effect, "count": 2, **more} for effect in effects]
    httpx.post(url, json=orders, trust_env=False).raise_for_status()


def _lift(hurt: Hurt) -> None:
    httpx.delete(f"{hurt.stack.channels.url}/_sandbox/faults", trust_env=False).raise_for_status()


def _publish(hurt: Hurt, rows: list[dict[str, str]]) -> None:
    file = hurt.seller.file(rows)
    ran = hurt.seller.cli.run_process("publish", file, "--photos", hurt.seller.photos)
    number = sum(name.startswith("publish") for name in hurt.said)
    hurt.said[f"publish {number}"] = ran.out + ran.err


def _publish_in_trouble(hurt: Hurt, known: dict[str, str]) -> None:
    for channel in CHANNELS:
        _order(hurt, quoting(known), channel=channel, mutating=True)
    _publish(hurt, good_rows(*GOODS[:2]))
    _lift(hurt)


def _kill_a_worker_in_mid_call(hurt: Hurt) -> None:
    before = hurt.stack.channels.now()
    _order(hurt, [{"kind": "slow", "seconds": 3.0}])
    file = hurt.seller.file(good_rows(*GOODS))
    publishing = hurt.seller.cli.start("publish", file, "--photos", hurt.seller.photos)
    wait_until(lambda: hurt.stack.channels.now() > before, what="a call")
    kill(hurt.stack.child("worker-1"))
    out, err = publishing.communicate(timeout=240)
    hurt.said["publish across a kill"] = out + err
    _lift(hurt)


def _change_in_trouble(hurt: Hurt, known: dict[str, str], secrets: Path) -> None:
    """Change prices and stock, and withdraw one product, while reads are answered as badly as writes."""
    for channel in CHANNELS:
        _order(hurt, quoting(known), channel=channel)
    changed = [{**row, "price_thb": "777", "stock": "3"} for row in good_rows(*GOODS)]
    _publish(hurt, changed)
    _lift(hurt)
    connect(hurt.seller, secrets)
    _publish(hurt, [{**row, "price_thb": "999", "stock": "4"} for row in good_rows(*GOODS)])
    hurt.execute(
        "UPDATE listing SET wanted = 'withdrawn', due_at = now() WHERE product_id IN "
        "(SELECT id FROM product WHERE sku = %s) AND external_id IS NOT NULL",
        GOODS[1],
    )
    count = "SELECT count(*) FROM attempt WHERE step = 'withdraw'"
    wait_until(lambda: hurt.execute(count)[0][0], what="a withdrawal")


def _refuse_the_credentials(hurt: Hurt, known: dict[str, str]) -> None:
    """Let credentials expire on two channels, and have them refused with the secret in the words on the others."""
    words = "expired: " + " ".join(known.values())
    _order(hurt, [{"kind": "expire_token"}], channel="instagram")
    _order(hurt, [{"kind": "error", "status": 400, "code": 190, "subcode": 460, "message": words}] * 20)
    _order(hurt, [{"kind": "error", "status": 401, "message": words}] * 20, channel="line_shop")
    _publish(hurt, [{**row, "price_thb": "888"} for row in good_rows(*GOODS)])
    for name in ("page", "ig", "line", "market"):
        ran = hurt.seller.cli.run_process("channels", "check", name)
        hurt.said[f"check {name}"] = ran.out + ran.err
        ran = hurt.seller.cli.run_process("channels", "resume", name)
        hurt.said[f"resume {name}"] = ran.out + ran.err
    _lift(hurt)


def _ask_everything(hurt: Hurt) -> None:
    letters = [str(id_) for (id_,) in hurt.execute("SELECT id FROM dead_letter ORDER BY id LIMIT 3")]
    listings = [str(id_) for (id_,) in hurt.execute("SELECT id FROM listing ORDER BY id LIMIT 16")]
    asked = [*LOOKS, *(("dead", "show", id_) for id_ in letters)]
    asked += [("attempts", id_) for id_ in listings[::4]]
    asked = [(*words, *more) for words in asked for more in ((), ("--json",))]
    # Two at a time: what takes long is the start of so many processes.
    with ThreadPoolExecutor(2) as pool:
        for words, ran in zip(
            asked, pool.map(lambda words: hurt.seller.cli.run_process(*words), asked), strict=True
        ):
            hurt.said[" ".join(words)] = ran.out + ran.err


def _connect_wrongly(hurt: Hurt, secrets: Path) -> None:
    """Try to connect with a secret typed out, with one of the wrong name, with a file for a value, in a wrong place."""
    line = hurt.seller.account("line")
    key = line.credentials["api_key"]
    market = hurt.seller.account("market")
    options = connect_options(line, secrets)
    for number, words in enumerate(
        (
            ("line_shop", "--name", "line", "--secret", f"api_key={key}"),
            ("line_shop", "--name", "line", "--secret", key),
            ("line_shop", "--name", "line", "--setting", key),
            ("line_shop", "--name", "line", "--secret", f"{key}=@{secrets / 'line-api_key'}"),
            ("line_shop", *options, "--setting", f"categories={key}"),
            ("line_shop", *options, "--setting", f"api_key={key}"),
            ("emarket", *connect_options(market, secrets), "--setting", f"{key}=1"),
        )
    ):
        ran = hurt.seller.cli.run_process("channels", "connect", *words)
        assert ran.code != 0, words[0]
        hurt.said[f"connect wrongly {number}"] = ran.out + ran.err


def test_the_system_met_the_troubles_it_is_searched_after(hurt):
    outcomes = {outcome for (outcome,) in hurt.execute("SELECT DISTINCT outcome FROM attempt")}
    steps = {step for (step,) in hurt.execute("SELECT DISTINCT step FROM attempt")}

    assert {"done", "outcome_unknown", "auth_expired"} <= outcomes
    assert {"publish", "update", "withdraw"} <= steps
    assert hurt.execute("SELECT count(*) FROM dead_letter")[0][0] > 0
    assert hurt.execute("SELECT count(*) FROM notice")[0][0] > 0


def test_no_secret_is_kept_anywhere(hurt):
    assert told(hurt.kept) == []


def test_no_secret_is_said_by_a_command_or_a_page(hurt):
    said = {sighting for where, text in hurt.said.items() for sighting in hurt.searcher.inside(text, where)}

    assert told(said) == []
    assert all(hurt.said.values())


def test_a_planted_secret_is_found_in_each_place(hurt):
    """The search must be able to find: one secret is put by hand where none may be, in each writing."""
    planted_there = hurt.seller.account("line").credentials["api_key"]
    (hurt.stack.var / "log" / "planted.log").write_text(f"GET /?key={quote(planted_there)}", encoding="utf-8")
    hurt.execute("CREATE TABLE planted (words text, document jsonb, raw bytea)")
    hurt.execute(
        "INSERT INTO planted VALUES (%s, %s, %s)",
        base64.b64encode(f"a:{planted_there}".encode()).decode(),
        json.dumps({"held": [planted_there]}),
        planted_there.encode(),
    )
    with redis.Redis.from_url(hurt.endpoints.redis_url) as client:
        client.hset("planted", "field", planted_there)
    try:
        found = {sighting.where for sighting in hurt.sightings()}
    finally:
        hurt.execute("DROP TABLE planted")
        (hurt.stack.var / "log" / "planted.log").unlink()
        with redis.Redis.from_url(hurt.endpoints.redis_url) as client:
            client.delete("planted")

    assert {f"column planted.{name}" for name in ("words", "document", "raw")} <= found
    assert "file log/planted.log" in found
    assert any(where.startswith("redis db") for where in found)
