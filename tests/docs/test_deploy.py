"""What is handed to operators fits the program: commands, settings, names of processes and of figures."""

import os
import re
import subprocess
import sys
import zipfile
from configparser import RawConfigParser

import pytest
import yaml
from prometheus_client import CollectorRegistry

from syndicator.api.request_metrics import RequestMetrics
from syndicator.settings import PREFIX, Settings
from tests.docs.generated import ENV_EXAMPLE, ROOT, settings_of
from tests.docs.test_commands import command_of, options_of
from workers.queues import WORK_QUEUES

CONFIG = ROOT / "config"
COMPOSE = yaml.safe_load((CONFIG / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
OURS = ("migrate", "api", "worker", "stock-worker", "media-worker", "scheduler")
UNITS = sorted((CONFIG / "systemd").glob("*.service"))
DOCKERFILE = (CONFIG / "Dockerfile").read_text(encoding="utf-8")
KNOWN = {name for setting in settings_of(Settings) for name in (setting.name, f"{setting.name}_FILE")}
HARDENING = ("NoNewPrivileges", "ProtectSystem", "PrivateTmp", "RestrictAddressFamilies", "SystemCallFilter")


def unit(path):
    """Read a unit; options that stand more than once become lists."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(f"{section}.{name}", []).append(value)
    return found


def queues_of(words):
    """Return the queues that a worker started so takes from."""
    words = list(words)
    named = words[words.index("--queues") + 1].split(",") if "--queues" in words else WORK_QUEUES
    left = words[words.index("--without") + 1].split(",") if "--without" in words else ()
    assert set(left) <= set(WORK_QUEUES)
    return set() if "--media" in words else set(named) - set(left)


def check_command(words):
    known = options_of(command_of(words))
    assert {word for word in words if word.startswith("--")} <= known, words


def test_compose_starts_every_process_and_its_servers():
    assert set(SERVICES) == {"postgres", "redis", *OURS}
    for name in OURS:
        check_command(SERVICES[name]["command"])
    assert set.union(*(queues_of(SERVICES[n]["command"]) for n in ("worker", "stock-worker"))) == set(
        WORK_QUEUES
    )


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_may_do_little(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["user"].partition(":")[0] != "0"
    assert {setting for setting in service["environment"] if setting.startswith(PREFIX)} <= KNOWN
    for variable, value in service["environment"].items():
        if variable.endswith("_FILE"):
            assert value.removeprefix("/run/secrets/") in service["secrets"], variable


def test_compose_waits_for_servers_and_tables_and_asks_whether_the_api_is_ready():
    assert SERVICES["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    for name in set(OURS) - {"migrate"}:
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        # The api is ready only once a scheduler is at work: whoever waited for it would wait for ever.
        assert "api" not in SERVICES[name]["depends_on"]
    assert "/health/ready" in " ".join(SERVICES["api"]["healthcheck"]["test"])
    assert all("healthcheck" in SERVICES[name] for name in ("postgres", "redis"))


def test_compose_names_what_it_uses():
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    volumes = {
        volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())
    }

    assert used == set(COMPOSE["secrets"])
    assert volumes == set(COMPOSE["volumes"])
    assert all(entry["file"].startswith("../var/") for entry in COMPOSE["secrets"].values())


def images():
    yield from (service["image"] for service in SERVICES.values())
    yield from re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)


def test_images_are_pinned_to_a_release_and_come_from_no_named_host():
    for image in images():
        name, _, tag = image.partition(":")
        assert tag, image
        assert tag != "latest", image
        assert "/" not in name, image


def test_the_image_is_made_in_stages_from_pinned_packages_and_runs_without_rights():
    stages = DOCKERFILE.split("\nFROM ")

    assert len(stages) == 3
    assert "--require-hashes --requirement requirements.lock" in stages[1]
    assert "pip" not in stages[2]
    assert "\nUSER syndicator\n" in stages[2]
    assert set(re.findall(r"SYNDICATOR_[A-Z_]+", DOCKERFILE)) <= KNOWN
    check_command(re.findall(r'^CMD \["(.*)"\]', DOCKERFILE, re.MULTILINE))


def test_the_image_takes_only_what_it_copies():
    ignored = (CONFIG / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
        for word in line.split()
    }

    assert "*" in ignored
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_a_command_of_ours_with_few_rights(path):
    found = unit(path)
    (command,) = found["Service.ExecStart"]
    program, *words = command.split()

    assert program == "/opt/syndicator/bin/syndicator"
    check_command(words)
    assert found["Service.User"] == ["syndicator"]
    assert all(f"Service.{option}" in found for option in HARDENING)
    settings = [line.partition("=") for line in found["Service.Environment"]]
    assert {name for name, _, _ in settings} <= KNOWN
    credentials = {line.partition(":")[0] for line in found["Service.LoadCredential"]}
    assert {value.removeprefix("%d/") for name, _, value in settings if name.endswith("_FILE")} == credentials
    if words != ["migrate"]:
        assert found["Service.Restart"] == ["always"]
        assert found["Unit.Requires"] == ["syndicator-migrate.service"]


def test_the_units_cover_every_process_and_queue():
    commands = [unit(path)["Service.ExecStart"][0].split()[1:] for path in UNITS]

    assert {words[0] for words in commands} == {"migrate", "api", "worker", "scheduler"}
    workers = [words for words in commands if words[0] == "worker"]
    assert set.union(*map(queues_of, workers)) == set(WORK_QUEUES)
    assert any("--media" in words for words in workers)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_has_the_parts_of_one(path):
    parser = RawConfigParser(strict=False)
    parser.read_string(path.read_text(encoding="utf-8"))

    assert {"Unit", "Service"} <= set(parser.sections()) <= {"Unit", "Service", "Install"}


def test_every_default_of_the_example_of_an_environment_reads_back(monkeypatch):
    lines = [
        line[1:]
        for line in ENV_EXAMPLE.read_text(encoding="utf-8").splitlines()
        if line[:2] == f"#{PREFIX[0]}"
    ]
    given = dict(line.split("=", 1) for line in lines)
    plain = Settings()
    assert set(given) <= KNOWN
    assert len(given) == len(list(settings_of(Settings)))
    for name, value in given.items():
        if not name.endswith("_FILE"):
            monkeypatch.setenv(name, value)

    assert Settings() == plain


def metric_names():
    """Return the names of every figure, without asking a server."""
    source = (ROOT / "syndicator" / "api" / "gauges.py").read_text(encoding="utf-8")
    registry = CollectorRegistry()
    RequestMetrics(registry)
    counted = {f"{family.name}_total" for family in registry.collect() if family.type == "counter"}
    return set(re.findall(r'"(syndicator_[a-z_]+)"', source)) | counted | {"syndicator_api_request_seconds"}


def test_the_book_of_operating_names_every_figure():
    named = set(
        re.findall(r"`(syndicator_[a-z_]+)`", (ROOT / "docs" / "operate.md").read_text(encoding="utf-8"))
    )

    assert named == metric_names()


def rules():
    document = yaml.safe_load((CONFIG / "alerts.yaml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alert_speaks_of_figures_that_exist_and_the_runbook_of_it(rule):
    named = set(re.findall(r"\bsyndicator_[a-z_]+", rule["expr"]))

    assert named
    assert named <= metric_names()
    assert rule["annotations"]["summary"]
    assert f"`{rule['alert']}`" in (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")


def test_an_installed_wheel_finds_what_it_reads(tmp_path):
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-build-isolation",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(ROOT)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    code = (
        "from adapters.config_files import config_dir\n"
        "from adapters.registry import CHANNELS\n"
        "from syndicator.store.migrate import newest_revision\n"
        "print(config_dir(), len(CHANNELS) > 0, newest_revision())"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    folder, has_channels, revision = ran.stdout.split()

    assert folder == str(tmp_path / "installed" / "syndicator" / "_config")
    assert has_channels == "True"
    assert revision >= "0009"
    for kind in ("templates", "emarkets", "places", "systemd"):
        shipped = {
            p.relative_to(folder)
            for p in (tmp_path / "installed" / "syndicator" / "_config" / kind).rglob("*")
        }
        assert {p.relative_to(CONFIG) for p in (CONFIG / kind).rglob("*")} == shipped
