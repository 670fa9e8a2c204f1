"""The server's settings are closed by default, and the text is large enough for a projector."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

IN_FORCE = {
    "server.address": "127.0.0.1",
    "server.fileWatcherType": "none",
    "server.disconnectedSessionTTL": 900,
    "server.websocketPingInterval": 20,
    "server.maxUploadSize": 1,
    "server.maxMessageSize": 20,
    "server.enableStaticServing": False,
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "runner.postScriptGC": False,  # a hidden option, the largest part of a click: see that it still exists
    "theme.baseFontSize": 18,
}


@pytest.fixture(scope="module")
def options() -> dict[str, str]:
    """What Streamlit itself makes of our settings, in a process of its own."""
    script = "from streamlit import config; [print(k, repr(o.value)) for k, o in config.get_config_options().items()]"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines() if " " in line)


@pytest.mark.parametrize("name", IN_FORCE)
def test_a_setting_is_in_force(options, name):
    assert options[name] == repr(IN_FORCE[name])


def test_both_themes_are_ours(options):
    assert options["theme.light.backgroundColor"] != options["theme.dark.backgroundColor"] != "None"
