"""app/setup.sh's build, which app/run goes through before every answer: on a project of one file."""

import subprocess

import pytest

LISTS = """cmake_minimum_required(VERSION 3.22)
project(example C)
add_executable(example example.c)
"""
PRESETS = """{"version": 3, "configurePresets": [{"name": "release", "generator": "Ninja", "binaryDir": "${sourceDir}/build",
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
