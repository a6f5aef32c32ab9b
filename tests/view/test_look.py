"""What the README says under "Look at your own frames" works as it stands, on a frame of Blender's of another size."""

import re
import shlex
import shutil

import pytest
from frames import FRAMES, ROOT
from pictures import load

SECTION = re.search(r"## Look at your own frames\n(.*?)\n##", (ROOT / "README.md").read_text(), re.DOTALL)[1]
BLOCKS = dict(re.findall(r"```(python|sh)\n(.*?)```", SECTION, re.DOTALL))
COMMANDS = [shlex.split(line, comments=True) for line in BLOCKS["sh"].splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that are spoken of."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copy(FRAMES / "studio" / "studio.0001.exr", folder / "shot.0001.exr")
    shutil.copy(FRAMES / "studio" / "reference" / "studio.0001.exr", folder / "converged.exr")
    code, count = re.subn("1080, 1920", "270, 480", BLOCKS["python"])
    assert count == 1
    exec(code.replace("box.npy", str(folder / "box.npy")), {})  # noqa: S102
    return folder


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: " ".join(words[-2:]))
def test_commands(wfview, folder, command):
    program, *arguments = command
    assert program == "app/run"
    picture = folder / "picture.png"
    wfview("--headless", "--backend", "cpu", "--screenshot", picture, *arguments, cwd=folder).done()
    shown = folder / arguments[arguments.index("--screenshot") + 1] if "--screenshot" in arguments else picture
    assert load(shown).std() > 20


def test_there_are_commands():
    assert len(COMMANDS) == 6
