import os
import shlex
import subprocess
from pathlib import Path

from emulators.runtime.environment import as_shell, client_environment
from emulators.settings import REPOSITORY, load


def test_a_shell_that_evaluates_the_lines_has_the_very_values(tmp_path: Path) -> None:
    variables = {"PLAIN": "a", "HARD": 'Key=ab+/=;it\'s "$HOME" `x`'}
    script = as_shell(variables) + '\nprintf "%s\\n%s" "$PLAIN" "$HARD"'
    answer = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.split("\n", 1) == list(variables.values())


def test_the_virtual_environment_leads_the_path_once(tmp_path: Path) -> None:
    settings = load({"EMULATORS_HOME": str(tmp_path)})
    once = client_environment(settings, {"PATH": "/usr/bin:/bin"})["PATH"]
    twice = client_environment(settings, {"PATH": once})["PATH"]
    assert once == twice == os.pathsep.join([str(REPOSITORY / ".venv" / "bin"), "/usr/bin", "/bin"])


def test_everything_written_is_under_the_home(tmp_path: Path) -> None:
    home = tmp_path / "with space"
    variables = client_environment(load({"EMULATORS_HOME": str(home)}), {})
    for name in ("INGESTION_BRONZE_PATH", "INGESTION_CHECKPOINT", "INGESTION_STATE", "SPARK_CONF_DIR"):
        assert Path(variables[name]).is_relative_to(home)
        assert shlex.split(as_shell({name: variables[name]})) == ["export", f"{name}={variables[name]}"]
