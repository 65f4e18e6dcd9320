"""What stands in deploy/, as far as it can be checked without an engine: schemas, names, limits, what is public."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from needlewise.__main__ import COMMANDS
from needlewise.chat.routes import BODY_BYTES
from needlewise.commands import WITH_OPTIONS
from needlewise.processes import STOP_SECONDS, programs
from needlewise.server import GRACE_SECONDS
from needlewise.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
VARIABLES = {each.metadata["setting"].variable for each in fields(Settings)}
# The action server's own, which the supervisor sets on one machine.
VARIABLES |= {"NEEDLEWISE_INTERNAL_SECRET"}
MANIFESTS = [
    (file.name, each) for file in sorted((DEPLOY / "kubernetes").glob("*.yml"))
    for each in yaml.safe_load_all(file.read_text())
]  # fmt: skip
PODS = [
    (manifest["metadata"]["name"], manifest["spec"]["template"]["spec"])
    for _file, manifest in MANIFESTS
    if "template" in manifest.get("spec", {})
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("file", "manifest"), MANIFESTS, ids=lambda each: each if isinstance(each, str) else each["kind"]
)
def test_manifests_follow_the_published_schemas(file: str, manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, "1.30", strict=True)


@pytest.mark.parametrize(("name", "pod"), PODS)
def test_pods_are_locked_down_and_bounded(name: str, pod: dict[str, Any]) -> None:
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in [*pod["containers"], *pod.get("initContainers", [])]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert ":" in container["image"] and not container["image"].endswith(":latest")


def test_nothing_but_the_web_process_and_the_stores_has_a_port() -> None:
    ports = {
        c["name"]: [p["containerPort"] for p in c["ports"]]
        for _n, pod in PODS
        for c in pod["containers"]
        if "ports" in c
    }
    assert ports == {"web": [8000], "postgres": [5432], "redis": [6379]}


def test_an_update_loses_no_turn() -> None:
    assistant = next(
        each for _file, each in MANIFESTS if each["kind"] == "Deployment" and each["metadata"]["name"] == "needlewise"
    )
    assert assistant["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    pod = assistant["spec"]["template"]["spec"]
    web, rasa, actions = pod["containers"]
    waits = {c["name"]: int(c["lifecycle"]["preStop"]["exec"]["command"][1]) for c in pod["containers"]}
    # Rasa and the actions stay until the web process has finished its last turn, and there is time for all of it.
    assert waits["rasa"] == waits["actions"] > waits["web"] + GRACE_SECONDS
    assert pod["terminationGracePeriodSeconds"] > waits["rasa"] + STOP_SECONDS
    assert web["startupProbe"]["httpGet"]["path"] == "/health/ready"
    assert web["readinessProbe"]["httpGet"]["path"] == web["livenessProbe"]["httpGet"]["path"] == "/health/live"
    assert rasa["livenessProbe"] and actions["livenessProbe"]


def everything() -> str:
    return "".join(file.read_text() for file in DEPLOY.rglob("*") if file.is_file() and file.suffix != ".json")


def test_settings_and_commands_exist() -> None:
    text = everything()
    assert set(re.findall(r"NEEDLEWISE_[A-Z_]+(?<!_)", text)) <= VARIABLES
    for command in re.findall(r'-m"?,? "?needlewise"?,? "?([a-z]+)', text):
        assert command in COMMANDS | WITH_OPTIONS


def test_no_secret_is_written_down() -> None:
    for line in everything().splitlines():
        found = re.search(r"(?i)(password|secret|key)\w*\s*[:=]\s*['\"]?([A-Za-z0-9+/]{8,})", line)
        named = "secretKeyRef" in line or "secretName" in line or "topologyKey" in line or line.lstrip().startswith("#")
        assert not found or named, line


def test_compose_keeps_the_database_inside() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    services = compose["services"]
    assert {name for name, service in services.items() if "ports" in service} == {"needlewise"}
    assert services["needlewise"]["ports"] == ["80:80", "443:443", "443:443/udp"]
    assert services["needlewise"]["environment"]["NEEDLEWISE_HOST"] == "127.0.0.1"
    assert compose["networks"]["inside"] == {"internal": True}
    assert services["database"]["networks"] == ["inside"]
    mounted = [volume.split(":")[0] for service in services.values() for volume in service["volumes"]]
    for each in mounted:
        assert (DEPLOY / each).exists() if each.startswith("./") else each in compose["volumes"]


def unit(name: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DEPLOY / "systemd" / name)
    return parser


def test_the_unit_is_confined_and_stops_in_time() -> None:
    service = unit("needlewise.service")["Service"]
    for name in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "ProtectKernelModules"):
        assert service[name] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["User"] != "root"
    # Supervisor stops one program after the other.
    longest = STOP_SECONDS * len(programs(Settings()))
    assert int(service["TimeoutStopSec"]) > longest
    compose = yaml.safe_load((DEPLOY / "compose.yml").read_text())
    assert int(compose["services"]["needlewise"]["stop_grace_period"].removesuffix("s")) > longest


@pytest.mark.parametrize("name", ["needlewise.service", "needlewise-backup.service", "needlewise-backup.timer"])
def test_systemd_knows_every_line(name: str, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze")
    for file in (DEPLOY / "systemd").iterdir():
        # Its programs and user are not on this machine; everything else has to be right.
        text = re.sub(r"^(ExecStart)=\S+", r"\1=/bin/true", file.read_text(), flags=re.MULTILINE)
        (tmp_path / file.name).write_text(text.replace("/srv/needlewise", str(tmp_path)))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / name)], capture_output=True, text=True, timeout=60
    )
    said = [line for line in done.stderr.splitlines() if str(tmp_path) in line or name in line]
    assert not said, said


@pytest.mark.parametrize("file", ["nginx.conf", "Caddyfile"])
def test_proxies_are_stricter_than_the_product(file: str) -> None:
    text = (DEPLOY / file).read_text()
    assert "/metrics" in text and "404" in text
    assert "127.0.0.1:8000" in text
    # A larger form than the product reads would be refused twice, a smaller one by the wrong side.
    size = re.search(r"(?:client_max_body_size|max_size)\s+(\d+)", text)
    assert size and int(size[1]) * 1024 > BODY_BYTES
    assert "X-Forwarded-For" in text and "$proxy_add_x_forwarded_for" not in text
    assert text.count("{") == text.count("}")


def test_nginx_reads_its_file(tmp_path: Path) -> None:
    if not shutil.which("nginx"):
        pytest.skip("no nginx")
    text = (DEPLOY / "nginx.conf").read_text()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=chat.example.com",
         "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    text = re.sub(r"/etc/letsencrypt\S+fullchain.pem", str(tmp_path / "cert.pem"), text)
    text = re.sub(r"/etc/letsencrypt\S+privkey.pem", str(tmp_path / "key.pem"), text)
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{text}\n}}\n")
    done = subprocess.run(["nginx", "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True)
    assert "syntax is ok" in done.stderr, done.stderr
