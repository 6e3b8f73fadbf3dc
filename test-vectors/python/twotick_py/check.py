"""Running the vector files: every answer must be the expected one, to the last byte."""

import copy
import json
from dataclasses import dataclass, field
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from .operations import Program
from .vector_files import BadVectors, load

PROCESSES = 2
SHOWN = 60
LINE = 200
MOST_FAILURES = 50


@dataclass
class Outcome:
    """How the cases of one file went."""

    name: str
    cases: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def passed(self) -> int:
        return self.cases - len(self.failures)


def check(directory: Path, only_file: str | None, only_case: str | None) -> int:
    """Runs what is asked for, prints a count per file and a total; answers the exit code."""
    files = load(directory, only_file)
    if only_case is not None:
        files = [_with_case(vectors, only_case) for vectors in files]
        files = [vectors for vectors in files if vectors["cases"]]
        if not files:
            raise BadVectors(f"no case has the id {only_case}: look for it in {directory}")
    with Pool(min(PROCESSES, max(1, len(files)))) as pool:
        outcomes = pool.map(run_file, files, chunksize=1)
    for outcome in outcomes:
        print(f"{outcome.name:<24} {outcome.passed:>4} of {outcome.cases} cases")
    failures = [failure for outcome in outcomes for failure in outcome.failures]
    for failure in failures[:MOST_FAILURES]:
        print(failure if len(failure) <= LINE else f"{failure[: LINE - 1]}…")
    if len(failures) > MOST_FAILURES:
        print(f"and {len(failures) - MOST_FAILURES} more")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(len(outcome.failures) for outcome in outcomes)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _with_case(vectors: dict[str, Any], case_id: str) -> dict[str, Any]:
    return vectors | {"cases": [case for case in vectors["cases"] if case["id"] == case_id]}


def run_file(vectors: dict[str, Any]) -> Outcome:
    """All cases of one file; the steps of a world are run once, for all cases in it."""
    outcome = Outcome(vectors["file"] + ".json")
    worlds: dict[str | None, tuple[Program, str | None]] = {None: (Program(), None)}
    for case in vectors["cases"]:
        name = case["world"]
        if name not in worlds:
            program = Program()
            failure = run_steps(program, vectors["worlds"][name], f"world {name}, ")
            worlds[name] = (program, failure)
        world, failure = worlds[name]
        if failure is None:
            failure = run_steps(copy.deepcopy(world), case["steps"], "")
        outcome.cases += 1
        if failure is not None:
            outcome.failures.append(f"{case['id']}: {failure}")
    return outcome


def run_steps(program: Program, steps: list[dict[str, Any]], where: str) -> str | None:
    """What went wrong first, if anything did."""
    for number, step in enumerate(steps, start=1):
        operation = {name: value for name, value in step.items() if name != "expect"}
        expected = step["expect"]
        before = _digest(program, operation) if "error" in expected else None
        answer = program.run(operation)
        place = f"{where}step {number} ({operation['op']})"
        if answer != expected:
            return f"{place}: {_difference(expected, answer)}"
        if before is not None and _digest(program, operation) != before:
            return f"{place}: failed, as expected, but changed the party's state"
    return None


def _digest(program: Program, operation: dict[str, Any]) -> dict[str, Any] | None:
    if "party" not in operation:
        return None
    return program.run({"op": "party.digest", "party": operation["party"]})


def _difference(expected: Any, came: Any, path: str = "") -> str:
    """The first place where two answers differ."""
    if isinstance(expected, dict) and isinstance(came, dict) and expected.keys() == came.keys():
        parts = [(f"{path}.{key}", expected[key], came[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(came, list) and len(expected) == len(came):
        parts = [(f"{path}[{i}]", *pair) for i, pair in enumerate(zip(expected, came))]
    else:
        return f"{path or 'answer'}: expected {_shown(expected)}, came {_shown(came)}"
    name, wanted, found = next(part for part in parts if part[1] != part[2])
    return _difference(wanted, found, name)


def _shown(value: Any) -> str:
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} characters)"
