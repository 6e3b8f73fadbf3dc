"""Running vector files, and refusing those that are not to be used."""

import contextlib
import hashlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from typing import Any

from twotick_py.check import check
from twotick_py.serve import serve
from twotick_py.vector_files import BadVectors

REVISION = {"format": 1, "specification": "part I, revision 1"}
ID_OF_ZEROS = {"op": "conversation.id", "a": "00" * 32, "b": "00" * 32}
SMALL_ORDER = {"op": "agree", "private_key": "00" * 32, "public_key": "00" * 32}
BAD_KEY = {"error": {"code": 106, "name": "BadKey"}}


def case(number: int, *steps: dict[str, Any], world: str | None = None) -> dict[str, Any]:
    return {"id": f"sample-{number:03}", "world": world, "steps": list(steps)}


class CheckTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.write(case(1, SMALL_ORDER | {"expect": BAD_KEY}))

    def write(self, *cases: dict[str, Any], **changes: Any) -> None:
        worlds = {"empty": [{"op": "reset", "expect": {"ok": {}}}]}
        vectors = REVISION | {"file": "sample", "worlds": worlds, "cases": cases} | changes
        data = json.dumps(vectors).encode()
        entry = {"name": "sample.json", "cases": len(cases)}
        entry["sha256"] = hashlib.sha256(data).hexdigest()
        (self.directory / "sample.json").write_bytes(data)
        self.write_manifest(REVISION | {"files": [entry]})

    def write_manifest(self, manifest: dict[str, Any]) -> None:
        (self.directory / "manifest.json").write_text(json.dumps(manifest))

    def run_check(self, only_file: str | None = None, only_case: str | None = None):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = check(self.directory, only_file, only_case)
        return code, output.getvalue()

    def refuses(self, pattern: str) -> None:
        with self.assertRaisesRegex(BadVectors, pattern):
            self.run_check()

    def test_all_pass(self) -> None:
        good = SMALL_ORDER | {"expect": BAD_KEY}
        self.write(case(1, good, good), case(2, good, world="empty"))
        code, output = self.run_check()
        self.assertEqual(code, 0)
        self.assertRegex(output, r"sample\.json +2 of 2 cases")
        self.assertIn("2 passed, 0 failed", output)

    def test_failure_is_shown(self) -> None:
        bad = SMALL_ORDER | {"expect": {"ok": {}}}
        self.write(case(1, SMALL_ORDER | {"expect": BAD_KEY}, bad))
        code, output = self.run_check("sample.json", "sample-001")
        self.assertEqual(code, 1)
        self.assertRegex(output, r"sample-001: step 2 \(agree\): answer: expected .*came .*BadKey")
        self.assertIn("0 passed, 1 failed", output)

    def test_failures_are_shortened(self) -> None:
        bad = SMALL_ORDER | {"expect": {"ok": {"shared": "00" * 400}}}
        self.write(*(case(number, bad) for number in range(1, 53)))
        code, output = self.run_check()
        failures = [line for line in output.splitlines() if line.startswith("sample-")]
        self.assertEqual((code, len(failures)), (1, 50))
        self.assertLessEqual(max(map(len, failures)), 200)
        self.assertIn("and 2 more", output)

    def test_edited_by_hand(self) -> None:
        path = self.directory / "sample.json"
        path.write_text(path.read_text().replace("BadKey", "GoodKey"))
        self.refuses("sample.json differs from the manifest.*regenerate")

    def test_truncated(self) -> None:
        path = self.directory / "sample.json"
        path.write_text(path.read_text()[:-20])
        self.refuses("sample.json does not parse.*regenerate")

    def test_missing(self) -> None:
        (self.directory / "sample.json").unlink()
        self.refuses("sample.json is missing.*regenerate")
        (self.directory / "manifest.json").unlink()
        self.refuses("manifest.json is missing.*regenerate")

    def test_other_revision(self) -> None:
        self.write(specification="part I, revision 2")
        self.refuses("sample.json: specification is 'part I, revision 2'.*revision")
        self.write(format=2)
        self.refuses("sample.json: format is 2, not 1.*revision")
        self.write_manifest(REVISION | {"format": 3, "files": []})
        self.refuses("manifest.json: format is 3.*revision")

    def test_unknown_names(self) -> None:
        with self.assertRaisesRegex(BadVectors, "other is not in manifest.json"):
            self.run_check("other")
        with self.assertRaisesRegex(BadVectors, "no case has the id sample-999"):
            self.run_check(None, "sample-999")


class ServeTest(unittest.TestCase):
    def test_lines(self) -> None:
        requests = [
            json.dumps({"id": 1} | SMALL_ORDER),
            json.dumps({"id": 2, "op": "no.such"}),
            json.dumps({"id": 3, "op": "reset"}),
            json.dumps({"id": 4} | ID_OF_ZEROS | {"random": ["00"]}),
            json.dumps({"id": 5} | ID_OF_ZEROS | {"a": 7}),
            "[]",
            "{",
        ]
        output = io.StringIO()
        serve(io.StringIO("\n".join(requests)), output)
        answers = [json.loads(line) for line in output.getvalue().splitlines()]
        self.assertEqual([answer["id"] for answer in answers], [1, 2, 3, 4, 5, None, None])
        kinds = ["error", "fault", "ok", "fault", "fault", "fault", "fault"]
        self.assertEqual([[*answer][1] for answer in answers], kinds)

    def test_id_that_is_an_argument(self) -> None:
        """`record.seal` has an argument of that name: it is the request's `id` too."""
        record = {"op": "record.seal", "id": "aabb", "storage_key": "11" * 32, "kind": 133}
        record |= {"account_id": "22" * 32, "device_id": "33" * 16, "revision": "7", "value": ""}
        record["seed"] = "44" * 32
        output = io.StringIO()
        serve(io.StringIO(json.dumps(record)), output)
        answer = json.loads(output.getvalue())
        self.assertEqual((answer["id"], [*answer][1]), ("aabb", "ok"))


if __name__ == "__main__":
    unittest.main()
