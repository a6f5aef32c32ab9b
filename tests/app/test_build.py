"""app/setup.sh's build, which app/run goes through before every answer: on a project of one file."""

import os
import shutil
import signal
import subprocess
import time

import pytest

LISTS = """cmake_minimum_required(VERSION 3.22)
project(example C)
add_executable(example example.c)
"""
PRESETS = """{"version": 3, "configurePresets": [
    {"name": "release", "generator": "Ninja", "binaryDir": "${sourceDir}/build",
     "cacheVariables": {"CMAKE_BUILD_TYPE": "Debug"}}]}
"""


@pytest.fixture
def build(root, tmp_path):
    """Builds in a folder of the project; its status, and what it said."""
    (tmp_path / "CMakeLists.txt").write_text(LISTS)
    (tmp_path / "CMakePresets.json").write_text(PRESETS)
    (tmp_path / "example.c").write_text("int main(void) { return 0; }\n")

    def run(target="all"):
        command = f". '{root}/app/setup.sh' && build release {target}"
        process = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert process.stderr == ""
        return process.returncode, process.stdout

    return run


def test_says_that_it_builds_and_nothing_where_nothing_changed(build, tmp_path):
    assert build() == (0, "building, build/build.log has the details\n")
    assert "example.c" in (tmp_path / "build" / "build.log").read_text()
    subprocess.run([tmp_path / "build" / "example"], check=True)
    assert build() == (0, "")


def test_says_what_failed(build, tmp_path):
    (tmp_path / "example.c").write_text("int main(void) { return nothing; }\n")
    status, said = build()
    assert status == 1
    assert "FAILED: CMakeFiles/example.dir/example.c.o" in said and "-o CMakeFiles/example.dir/example.c.o" in said
    assert "nothing" in said and "[1/2]" not in said


def test_says_that_there_is_no_such_target(build):
    status, said = build("missing")
    assert status == 1 and "missing" in said


def test_says_why_it_cannot_be_configured(build, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(LISTS + "message(FATAL_ERROR \"needs a moon\")\n")
    status, said = build()
    assert status == 1 and "needs a moon" in said


LONG = """cmake_minimum_required(VERSION 3.22)
project(example NONE)
{configuring}
add_custom_target(wfview COMMAND sh -c "echo $$ >process && exec sleep 100"
                  WORKING_DIRECTORY ${{CMAKE_SOURCE_DIR}} VERBATIM)
"""
CONFIGURING = """execute_process(COMMAND sh -c "echo $$ >process && exec sleep 5"
                WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})"""


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def lives(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("configuring", ["", CONFIGURING], ids=["building", "configuring"])
@pytest.mark.parametrize("number,status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_what_is_built(root, tmp_path, configuring, number, status):
    """One that app/run alone is sent: what it has started does not go on without it."""
    (tmp_path / "app").mkdir()
    for name in ("run", "setup.sh"):
        shutil.copy(root / "app" / name, tmp_path / "app" / name)
    (tmp_path / "CMakeLists.txt").write_text(LONG.format(configuring=configuring))
    (tmp_path / "CMakePresets.json").write_text(PRESETS)
    process = subprocess.Popen([tmp_path / "app" / "run", "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True,
                               # Which jobs in the background ignore
                               preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
    file = tmp_path / "process"
    wait_for(lambda: process.poll() is not None or file.exists() and file.read_text().endswith("\n"))
    assert process.poll() is None, process.communicate()
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (status, "")
    assert errors == ("" if configuring else "building, build/build.log has the details\n")
    wait_for(lambda: not lives(int(file.read_text())))


def test_one_build_at_a_time(root, tmp_path):
    """A second one in the same folder waits, and finds all done."""
    slow = "add_custom_command(OUTPUT done COMMAND sh -c \"echo began >>began && sleep 2 && echo >done\" VERBATIM)\n"
    (tmp_path / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.22)\nproject(example NONE)\n" + slow +
                                             "add_custom_target(example ALL DEPENDS done)\n")
    (tmp_path / "CMakePresets.json").write_text(PRESETS)
    command = ["bash", "-c", f". '{root}/app/setup.sh' && build release all"]
    first = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    began = tmp_path / "build" / "began"
    wait_for(lambda: first.poll() is not None or began.exists())
    second = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (first.communicate()[0], first.returncode) == ("building, build/build.log has the details\n", 0)
    assert (second.returncode, second.stdout, second.stderr) == (0, "waiting for another build in build\n", "")
    assert began.read_text() == "began\n"
