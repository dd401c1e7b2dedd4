"""The pytest plugin as its users meet it: in a session of their own, in a folder that knows nothing of this project."""

import json
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as Tree
from pathlib import Path

import psutil
import pytest

from sonofuse_hil.platforms.rp2040 import image
from tests.quick import quick_limits

TESTING = Path(__file__).parents[2] / "docs" / "testing.md"
THREE = "def test_a():\n    pass\n\n\ndef test_b():\n    pass\n\n\ndef test_c():\n    pass\n"
FAILS = """
from sonofuse_hil.operator import Sonication

def test_it(rig):
    device = rig(plan=(Sonication(40.0, 0.2),))
    run = device.run_plan(100_000_000)
    print("EDGES", [(t, switch, int(on)) for t, switch, on in run.history.edges])
    assert run.done == 2
"""


def session(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *words)


def test_the_example_of_the_documentation(pytester: pytest.Pytester) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TESTING.read_text(encoding="utf-8"), re.DOTALL)
    pytester.makepyfile(example)
    found = session(pytester, "--junitxml=seen.xml")
    found.assert_outcomes(passed=3)
    found.stdout.fnmatch_lines(["*G10*my stop loop: permit low*passed*"])
    cases = Tree.parse(pytester.path / "seen.xml").iter("testcase")  # noqa: S314 - our own file
    (stop,) = [case for case in cases if case.get("name") == "test_patient_stop"]
    said = {entry.get("name"): entry.get("value") for entry in stop.iter("property")}
    assert said["guarantee"] == said["measurement.1.guarantee"] == "G10"
    assert (said["measurement.1.unit"], said["measurement.1.limit"]) == ("µs", "12300.0")
    assert said["measurement.1.tier"] == "software" and said["measurement.1.passed"] == "true"
    assert 0.0 < float(said["measurement.1.value"] or 0.0) <= 12_300.0


def test_a_figure_beyond_its_limit_fails(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "from sonofuse_hil.measurement import Measurement\n\n\ndef test_it(measured):\n"
        '    measured(Measurement("G2", "mine", 3.0, "µs", 2.0, "software", "none"))\n'
    )
    found = session(pytester)
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*G2 mine: 3 µs > 2 µs*"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--shard", "3/2"], "ERROR: --shard 3/2: must be I/N with I from 1 to N"),
        (["--shard", "0/2"], "ERROR: --shard 0/2: must be"),
        (["--board", "nope"], "ERROR: --board: *nope*"),
        (["--limits", "nope.toml"], "ERROR: --limits: *nope.toml*"),
        (["--guarantee", "G13"], "ERROR: --guarantee: there is no guarantee 'G13'; accepted: G1 to G12"),
        (["--uf2", "missing.uf2"], "ERROR: --uf2: *missing.uf2*"),
        (["--attachments", "test_bad_input_is_one_line.py"], "ERROR: --attachments *test_bad_input_is_one_line.py*"),
        (["--sonofuse-port", "COM1"], "ERROR: --sonofuse-port belongs to --on board*"),
    ],
)
def test_bad_input_is_one_line(pytester: pytest.Pytester, words: list[str], said: str) -> None:
    pytester.makepyfile(THREE)
    found = session(pytester, *words)
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines([said + "*"])
    assert len([line for line in found.errlines if line.strip()]) == 1


def test_shards_are_disjoint_and_together_the_whole(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(THREE)
    ran: list[str] = []
    for number in (1, 2, 3):
        found = session(pytester, "-v", f"--shard={number}/3")
        assert found.ret == pytest.ExitCode.OK  # an empty one as well
        ran += re.findall(r"::(test_\w) PASSED", found.stdout.str())
    assert sorted(ran) == ["test_a", "test_b", "test_c"]


def test_only_what_is_about_a_guarantee(pytester: pytest.Pytester) -> None:
    pytester.makepyfile('import pytest\n\n\n@pytest.mark.guarantee("G3")\ndef test_three():\n    pass\n\n\n' + THREE)
    session(pytester, "--guarantee=G3").assert_outcomes(passed=1, deselected=3)


def test_a_marker_for_nothing_is_refused(pytester: pytest.Pytester) -> None:
    pytester.makepyfile('import pytest\n\n\n@pytest.mark.guarantee("G0")\ndef test_it():\n    pass\n')
    found = session(pytester)
    assert found.ret != pytest.ExitCode.OK and "there is no guarantee 'G0'" in found.stdout.str() + found.stderr.str()


@pytest.mark.parametrize(("words", "outcome"), [([], {"skipped": 1}), (["--require=board"], {"errors": 1})])
def test_a_platform_that_is_missing(pytester: pytest.Pytester, words: list[str], outcome: dict[str, int]) -> None:
    pytester.makepyfile("def test_it(rig):\n    rig()\n")
    words = ["--on=board", "--sonofuse-port=/dev/none", "--sonofuse-signal-port=/dev/none", *words]
    pytester.makeconftest("import sonofuse_hil.platforms.board.ports as p\np.present = lambda: ()\n")
    found = session(pytester, *words[:1], *words[3:])
    found.assert_outcomes(**outcome)


@pytest.mark.parametrize(("words", "outcome"), [([], {"skipped": 1}), (["--require=rp2040"], {"errors": 1})])
def test_an_image_that_is_missing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, words: list[str], outcome: dict[str, int]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(pytester.path))
    monkeypatch.delenv(image.VARIABLE, raising=False)
    pytester.makepyfile("def test_it(rig):\n    rig()\n")
    found = session(pytester, "--on=rp2040", *words)
    found.assert_outcomes(**outcome)
    assert "micropython.org/download" in found.stdout.str()


@pytest.mark.chip
def test_the_fixtures_on_the_emulated_chip(pytester: pytest.Pytester, chip_image: Path) -> None:
    pytester.makepyfile(
        "from sonofuse_hil.operator import Sonication\n\n\ndef test_it(rig):\n"
        "    device = rig(plan=(Sonication(40.0, 0.05),))\n"
        "    run = device.run_plan(100_000_000)\n"
        '    assert (run.done, run.tier) == (1, "emulated chip")\n'
    )
    limits = quick_limits(pytester.path)
    found = session(pytester, "--on=rp2040", f"--uf2={chip_image}", "--require=rp2040", f"--limits={limits}")
    found.assert_outcomes(passed=1)


def test_what_a_failing_test_leaves(pytester: pytest.Pytester) -> None:
    from vcd.reader import TokenKind, tokenize

    pytester.makepyfile(FAILS)
    found = session(pytester, "--attachments=kept")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*attachments: *", "*repeat: *test_it*"])
    (folder,) = (pytester.path / "kept").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        "run1.json", "run1.vcd", "run1-curves.svg", "run1-instant.svg", "repeat.txt",
    }  # fmt: skip
    (told,) = re.findall(r"EDGES (\[.*\])", found.stdout.str())
    codes: dict[str, int] = {}
    now, seen = 0, []
    with (folder / "run1.vcd").open("rb") as file:
        for token in tokenize(file):
            if token.kind is TokenKind.VAR and token.var.reference in ("permit_pin", "second_switch"):
                codes[token.var.id_code] = ("permit_pin", "second_switch").index(token.var.reference)
            elif token.kind is TokenKind.CHANGE_TIME:
                now = token.time_change
            elif token.kind is TokenKind.CHANGE_SCALAR and token.scalar_change.id_code in codes and now:
                seen.append((now, codes[token.scalar_change.id_code], int(token.scalar_change.value)))
    assert len(seen) == 4 and sorted(seen) == sorted(eval(told))  # noqa: S307 - what the test above has printed


def test_what_a_rig_that_fails_in_the_middle_leaves(pytester: pytest.Pytester) -> None:
    """It fails once RF is on: what was seen until then is kept."""
    pytester.makepyfile("""
        from sonofuse_hil import scenario as scenarios

        class Rig(scenarios.Rig):
            def run_for(self, us):
                super().run_for(us)
                if self.operator.started_us:
                    raise scenarios.RigError("the cable is out")

        def test_it(scenario, monkeypatch):
            monkeypatch.setattr(scenarios, "Rig", Rig)
            scenario("nominal")
    """)
    found = session(pytester, "--attachments=kept")
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["the cable is out", "*attachments: *"])
    (folder,) = (pytester.path / "kept").iterdir()
    kept = json.loads((folder / "run1.json").read_text(encoding="utf-8"))
    assert kept["rf_us"] and kept["done"] == 0 and kept["history"]["edges"]
    assert len(list(folder.iterdir())) == 5


def test_nothing_is_loaded_that_nobody_uses(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\n\n\ndef test_it():\n"
        '    assert not {"numpy", "matplotlib", "sonofuse_core", "vcd", "rp2040py"} & set(sys.modules)\n'
    )
    session(pytester).assert_outcomes(passed=1)


@pytest.mark.parametrize(("words", "processes"), [([], 2), (["-n", "1"], 3)], ids=["alone", "in a worker"])
def test_ctrl_c_ends_the_device(pytester: pytest.Pytester, words: list[str], processes: int) -> None:
    # The test sleeps between its steps, so that the interrupt comes there: in a tight loop CPython 3.11 may raise it at
    # an instruction without a line, and pytest, which wants the line of every entry of a traceback, ends with an error.
    pytester.makepyfile(
        "import time\nfrom pathlib import Path\nfrom sonofuse_hil.operator import Sonication\n\n\ndef test_it(rig):\n"
        "    device = rig(plan=(Sonication(40.0, 0.2),))\n"
        '    Path("folder.txt").write_text(str(device.folder))\n'
        '    device.run_for(1_000_000)\n    Path("begun").touch()\n'
        "    while True:\n        device.run_for(1_000)\n        time.sleep(0.05)\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
        cwd=pytester.path, stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while not (pytester.path / "begun").exists():
            assert running.poll() is None and time.monotonic() < until
            time.sleep(0.05)
        family = psutil.Process(running.pid).children(recursive=True)
        assert len(family) == processes, "a zygote and a VM, and a worker whose they are"
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == pytest.ExitCode.INTERRUPTED and "KeyboardInterrupt" in said
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive
    assert not Path((pytester.path / "folder.txt").read_text(encoding="utf-8")).exists()
