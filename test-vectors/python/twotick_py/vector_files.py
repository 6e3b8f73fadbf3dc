"""Reading vector files, and refusing those that are not what the manifest says."""

import hashlib
import json
from pathlib import Path
from typing import Any

FORMAT = 1
SPECIFICATION = "part I, revision 1"
REGENERATE = "regenerate the vectors with `cargo run -p twotick-vectors -- generate`"
OTHER_REVISION = "take the vectors of this implementation's revision"


class BadVectors(Exception):
    """The vectors cannot be used; the message says which file, and what to do."""


def load(directory: Path, only: str | None = None) -> list[dict[str, Any]]:
    """All vector files of a directory, or the one named `only`, in the manifest's order."""
    manifest = _parse(directory / "manifest.json", _read(directory / "manifest.json"))
    _check_revision("manifest.json", manifest)
    entries = manifest.get("files")
    if not isinstance(entries, list):
        raise BadVectors(f"manifest.json lists no files: {REGENERATE}")
    if only is not None:
        names = (only, f"{only}.json")
        entries = [entry for entry in entries if entry["name"] in names]
        if not entries:
            raise BadVectors(f"{only} is not in manifest.json: name a file that is")
    return [_load_file(directory, entry) for entry in entries]


def _load_file(directory: Path, entry: dict[str, Any]) -> dict[str, Any]:
    name = entry["name"]
    data = _read(directory / name)
    vectors = _parse(directory / name, data)
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise BadVectors(f"{name} differs from the manifest, it was edited by hand: {REGENERATE}")
    _check_revision(name, vectors)
    if len(vectors["cases"]) != entry["cases"]:
        raise BadVectors(f"{name} has another number of cases than the manifest says: {REGENERATE}")
    return vectors


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise BadVectors(f"{path.name} is missing in {path.parent}: {REGENERATE}") from None


def _parse(path: Path, data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:
        raise BadVectors(f"{path.name} does not parse, it may be truncated: {REGENERATE}") from None
    if not isinstance(value, dict):
        raise BadVectors(f"{path.name} does not hold an object: {REGENERATE}")
    return value


def _check_revision(name: str, value: dict[str, Any]) -> None:
    for field, wanted in (("format", FORMAT), ("specification", SPECIFICATION)):
        found = value.get(field)
        if found != wanted:
            raise BadVectors(f"{name}: {field} is {found!r}, not {wanted!r}: {OTHER_REVISION}")
