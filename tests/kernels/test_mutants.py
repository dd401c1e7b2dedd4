"""Do the decisive vectors notice a single small mistake in a kernel? A crash or an endless loop is not a kill."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

import sonofuse_core
from sonofuse.layout import FIRMWARE
from sonofuse.twin import plain_twin
from tests.vm import program

from . import limitsets
from .batches import Batch, Limits, Words
from .boundaries import boundaries
from .kernels import run_reference, run_vm
from .mutants import Judge, Mutant, compiled, mutants, parse

SAMPLED = 8  # one in so many in the default suite
CRASHES = 0.10  # the largest share that may end in a crash or an endless loop
EQUIVALENT = {  # mistakes that change no state word, and why
    r"if (mode_us|on_us|age_us|span_us|same|count|units|end|high) > .*  ->  \1 >= .*": "a clamp: equal stays equal",
    r".*\b(C_SEQ|R_TOKEN)\b.*  ->  \w+ - \1": "the offset is 0",
    r"if .*  ->  1 >> (\w+) - \1": "a shift by 0",
    r"if last > peak:  ->  last >= peak": "the larger of two equals",
    r"if .* and peak > 0:  ->  (peak >= 0|-1)": "no power adds no energy",
    r"while weight < window:  ->  weight <= window": "weight and window never have the same parity",
    r"rise \+= .*  ->  .* \+ oldest": "the weights sum to 0, so that any constant may be subtracted",
    r"oldest = .*  ->  .*": "the weights sum to 0, so that any constant may be subtracted",
    r"divisor = 0  ->  -1": "it is only asked whether it is positive",
    r"if metric < 0:  ->  (metric <= 0|1)": "0 negated is 0",
    r"if .* and value > 0:  ->  (value >= 0|-1)": "a value of 0 has the quotient 0",
    r"half = rest >> 1  ->  (rest << 1|0)": "more doublings only put zeros in front of the quotient",
}
KERNEL = (FIRMWARE / "kernel.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def decisive() -> tuple[Batch, Words]:
    batch = boundaries(Limits(limitsets.every_check()))
    return batch, run_reference(batch)


@pytest.fixture(scope="module")
def judge(decisive: tuple[Batch, Words]) -> Judge:
    batch, expected = decisive
    return Judge(batch, expected, batch.limits[:-32])


def reason(label: str) -> str:
    return next((why for pattern, why in EQUIVALENT.items() if re.fullmatch(pattern, label)), "")


def judged(judge: Judge, tried: Iterable[Mutant]) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    unexplained = []
    for mutant in tried:
        outcome = judge.verdict(compiled(mutant.tree))
        if outcome == "survived":
            if reason(mutant.label):
                outcome = "equivalent"
            else:
                unexplained.append(mutant.label)
        outcomes[outcome if outcome in ("killed", "survived", "equivalent") else "crashed"] += 1
    assert not unexplained, f"{dict(outcomes)}; without a reason survived:\n" + "\n".join(unexplained)
    assert outcomes["killed"] > 0 and outcomes["crashed"] <= CRASHES * outcomes.total(), dict(outcomes)
    return outcomes


def test_the_unchanged_kernel_survives_and_a_planted_mistake_dies(judge: Judge) -> None:
    twin = plain_twin(KERNEL)
    assert judge.verdict(compiled(parse(twin + "\n# a remark\n")[0])) == "survived"
    planted = twin.replace("if dt > longest:", "if dt >= longest:")
    assert planted != twin
    assert judge.verdict(compiled(parse(planted)[0])) == "killed"


def test_a_sample_of_single_mistakes_is_noticed(judge: Judge) -> None:
    judged(judge, (mutant for number, mutant in enumerate(mutants(plain_twin(KERNEL))) if number % SAMPLED == 3))


@pytest.mark.slow
def test_every_single_mistake_is_noticed(judge: Judge) -> None:
    print(dict(judged(judge, mutants(plain_twin(KERNEL)))))


@pytest.mark.slow
def test_every_sign_extension_counts_on_a_vm_with_wide_words(decisive: tuple[Batch, Words], tmp_path: Path) -> None:
    batch, expected = decisive
    survived = []
    for mutant in mutants(KERNEL, sign_extensions=True):
        (tmp_path / "kernel.py").write_text(ast.unparse(mutant.tree), encoding="utf-8")
        if np.array_equal(run_vm(batch, tmp_path), expected) and not reason(mutant.label):
            survived.append(mutant.label)
    assert not survived, "\n".join(survived)


ROOT = Path(__file__).parents[2]
CYTHON_MISTAKES = {
    " > ": " >= ", " >= ": " > ", " < ": " <= ", " == ": " != ", " != ": " == ", " += ": " -= ", " + ": " - ",
    " - ": " + ", "min(": "max(", "max(": "min(", " and ": " or ", " or ": " and ", " not ": " ", " >> ": " << ",
    " & ": " | ",
}  # fmt: skip
PARTS = 4


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_sample_of_single_mistakes_in_the_checker_is_noticed(
    decisive: tuple[Batch, Words], part: int, tmp_path: Path
) -> None:
    batch, expected = decisive
    package = tmp_path / "sonofuse_core"
    shutil.copytree(Path(str(sonofuse_core.__file__)).parent, package)
    source = (package / "tick.pyx").read_text(encoding="utf-8")
    code = re.sub(r'""".*?"""|#.*', lambda text: "_" * len(text[0]), source, flags=re.DOTALL)
    pieces = "|".join(map(re.escape, CYTHON_MISTAKES))
    places = list(re.finditer(pieces, code[code.index("cdef void") :]))[2 + 2 * part :: 2 * PARTS]
    outcomes: Counter[str] = Counter()
    survived = []
    for place in places:
        at = place.start() + code.index("cdef void")
        changed = source[:at] + CYTHON_MISTAKES[place[0]] + source[at + len(place[0]) :]
        line = changed[changed.rindex("\n", 0, at) : changed.index("\n", at)].strip()
        outcome = _outcome(package, changed, batch, expected)
        outcomes[outcome] += 1
        if outcome == "survived":
            survived.append(line)
    assert _outcome(package, source + "\n# a remark\n", batch, expected) == "survived"
    assert not survived, "\n".join(survived)
    assert outcomes["killed"] > 0


def _outcome(package: Path, changed: str, batch: Batch, expected: Words) -> str:
    """What a changed tick.pyx leads to: `killed`, `survived`, or `crashed` (also: refused by the compiler)."""
    for old in package.glob("tick.*.so"):
        old.unlink()
    (package / "tick.pyx").write_text(changed, encoding="utf-8")
    np.savez(
        package / "batch.npz", starts=batch.starts, inputs=batch.inputs, limits=np.frombuffer(batch.limits, np.uint8)
    )
    script = (
        f"import numpy as np; from {__package__}.batches import Batch; from {__package__}.kernels import run_checker\n"
        "b = np.load('batch.npz'); batch = Batch(b['limits'].tobytes(), b['starts'], b['inputs'])\n"
        "np.save('states.npy', run_checker(batch))\n"
    )
    tests = Path(__file__).parents[len(str(__package__).split("."))]
    paths = os.pathsep.join([str(package.parent), str(tests), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    for command in ([program("cythonize"), "-i", "-q", "-3", "tick.pyx"], [sys.executable, "-c", script]):
        try:
            subprocess.run(
                command,
                cwd=package,
                env=os.environ | {"PYTHONPATH": paths},
                check=True,
                capture_output=True,
                timeout=60,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            return "crashed"
    return "survived" if np.array_equal(np.load(package / "states.npy"), expected) else "killed"
