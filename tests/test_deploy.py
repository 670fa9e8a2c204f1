"""What `deploy/` holds can be used as it stands: each file is read by what will read it, or by its published schema."""

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from shutil import which
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from gpt_core.weights.catalogue import CATALOGUE
from pages import settings

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
HAPROXY = (DEPLOY / "haproxy.cfg").read_text("utf-8")


def tool(name: str) -> str:
    """A program's path, in the tests' own environment or on this machine; without it the test is skipped."""
    found = which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return found or pytest.skip(f"no {name}")


def objects(kind: str = "") -> list[dict[str, Any]]:
    """Kubernetes' objects, all or of one kind."""
    found = [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text("utf-8"))]
    return [one for one in found if one["kind"] != "Kustomization" and kind in ("", one["kind"])]


def variables() -> set[str]:
    """The environment variables that `deploy/` sets for the server, ours and those of what serves it."""
    compose = COMPOSE["services"]["app"]["environment"]
    (app,) = containers("Deployment")
    return {
        *compose,
        *(one["name"] for one in app["env"]),
        *re.findall(r"^    ([A-Z_]+)=", CONTAINERFILE, re.MULTILINE),
    }


def containers(kind: str) -> list[dict[str, Any]]:
    """The containers of all objects of a kind."""
    return [box for one in objects(kind) for box in one["spec"]["template"]["spec"]["containers"]]


def test_the_container_file_is_read_without_complaint():
    told = subprocess.run([tool("hadolint"), DEPLOY / "Containerfile"], capture_output=True, text=True)
    assert (told.returncode, told.stdout) == (0, "")


def test_the_container_has_all_that_the_server_needs_and_is_not_root():
    copied = {
        name for line in re.findall(r"^COPY (?!--)(.+) \S+$", CONTAINERFILE, re.MULTILINE) for name in line.split()
    }
    assert {"app.py", "pages", "gpt_core", "assets", ".streamlit", "requirements.txt"} <= copied
    assert all((ROOT / name).exists() for name in copied)
    kept = {name[1:] for name in (DEPLOY / "Containerfile.dockerignore").read_text().splitlines() if name[:1] == "!"}
    assert copied <= kept, "what is copied must not be left out"
    assert re.findall(r"^USER (\S+)", CONTAINERFILE, re.MULTILINE) == ["10001:10001"]
    assert "/readyz" in CONTAINERFILE.partition("HEALTHCHECK")[2]


def test_models_of_the_builder_s_own_stay_out_of_the_container():
    lines = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    bundled = {card.name for card in CATALOGUE.values() if card.sha256}
    after = lines[lines.index("assets/models/*") + 1 :]
    assert {line.removeprefix("!assets/models/") for line in after if line[:1] == "!"} == bundled | {"README.md"}


def test_compose_follows_its_schema():
    vendored = files("check_jsonschema.builtin_schemas.vendor") / "compose-spec.json"
    jsonschema.validate(COMPOSE, json.loads(vendored.read_text("utf-8")))


def test_every_service_of_compose_writes_nowhere_but_into_its_volumes_and_may_nothing():
    for name, service in COMPOSE["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
    assert COMPOSE["networks"]["inside"]["internal"] is True, "no replica reaches anything outside"
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["proxy"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "path", [path for path in MANIFESTS if path.name != "kustomization.yaml"], ids=lambda p: p.name
)
def test_manifests_follow_kubernetes_schemas(path):
    for one in yaml.safe_load_all(path.read_text("utf-8")):
        kubernetes_validate.validate(one, "1.34", strict=True)


def test_every_manifest_is_in_the_kustomization_and_can_be_built():
    listed = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text("utf-8"))["resources"]
    assert sorted(listed) == sorted(path.name for path in MANIFESTS if path.name != "kustomization.yaml")
    built = subprocess.run([tool("kubectl"), "kustomize", DEPLOY / "kubernetes"], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    kinds = [one["kind"] for one in yaml.safe_load_all(built.stdout)]
    assert {"Deployment", "Ingress", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"} <= set(kinds)


def test_what_selects_finds_what_it_is_to_find():
    labels = [
        one["spec"]["template"]["metadata"]["labels"] for kind in ("Deployment", "StatefulSet") for one in objects(kind)
    ]
    selectors = [one["spec"]["selector"] for one in objects("Service")]
    selectors += [one["spec"]["selector"]["matchLabels"] for one in objects("PodDisruptionBudget")]
    selectors += [one["spec"]["podSelector"]["matchLabels"] for one in objects("NetworkPolicy")]
    assert all(any(one.items() <= pod.items() for pod in labels) for one in selectors)
    names = {one["metadata"]["name"] for one in objects("Service")}
    (ingress,) = objects("Ingress")
    assert {rule["backend"]["service"]["name"] for rule in ingress["spec"]["rules"][0]["http"]["paths"]} <= names
    (scaler,) = objects("HorizontalPodAutoscaler")
    assert scaler["spec"]["scaleTargetRef"]["name"] == objects("Deployment")[0]["metadata"]["name"]
    assert scaler["spec"]["minReplicas"] >= 2, "one may die"


def test_no_pod_is_root_or_writes_into_its_image():
    for box in [*containers("Deployment"), *containers("StatefulSet")]:
        assert box["securityContext"]["readOnlyRootFilesystem"] is True
        assert box["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} <= box["resources"].keys()
    for one in [*objects("Deployment"), *objects("StatefulSet")]:
        assert one["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"] is True


def test_probes_ask_what_the_server_answers():
    (app,) = containers("Deployment")
    assert {app[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "readiness")} == {"/readyz"}
    assert "uri /readyz" in HAPROXY


def test_a_busy_replica_is_not_taken_for_a_dead_one():
    """Thirty pages that open at once keep it from answering for a second or two; its readers must stay."""
    (app,) = containers("Deployment")
    assert min(app[f"{kind}Probe"].get("timeoutSeconds", 1) for kind in ("startup", "readiness", "liveness")) >= 5
    assert "timeout check 5s" in HAPROXY
    assert re.search(r"--timeout=(\d+)s", CONTAINERFILE)[1] >= "5"  # pyright: ignore[reportOptionalSubscript]
    (ingress,) = objects("Ingress")
    assert ingress["metadata"]["annotations"]["haproxy.org/timeout-check"] == "5s"


def test_only_settings_that_there_are_are_set():
    ours = {name for name in variables() if name.startswith("GLASSBOX_")}
    source = Path(settings.__file__).read_text("utf-8")
    assert {"GLASSBOX_CLASS_STORE", "GLASSBOX_LOG"} <= ours
    assert all(f'"{name}"' in source for name in ours)


def test_haproxy_reads_its_configuration():
    command = [tool("haproxy"), "-c", "-f", DEPLOY / "haproxy.cfg"]
    told = subprocess.run(command, env=os.environ | {"GLASSBOX_COOKIE_KEY": "x"}, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "WARNING" not in told.stderr


def test_the_proxy_logs_no_address():
    """A reader's text and a class's code stand in it."""
    (form,) = re.findall(r"^ +log-format (.+)$", HAPROXY, re.MULTILINE)
    assert set(re.findall(r"%(\w+)", form)) == {"tr", "ST", "s", "Tr", "Ta", "B", "tsc"}
    assert json.loads(re.sub(r"%\w+", "1", form.strip("'")))["status"] == 1
