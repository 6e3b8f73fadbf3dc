"""`python -m twotick_py serve` and `python -m twotick_py check [DIR]`."""

import argparse
import sys
from pathlib import Path

from .check import check
from .serve import serve
from .vector_files import BadVectors

DEFAULT_DIRECTORY = Path(__file__).resolve().parents[2] / "data"


def main() -> int:
    parser = argparse.ArgumentParser(prog="twotick_py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="answer operations from standard input, one a line")
    checking = commands.add_parser("check", help="run the vector files")
    checking.add_argument("directory", nargs="?", type=Path, default=DEFAULT_DIRECTORY)
    checking.add_argument("--file", help="only this file, as the manifest names it")
    checking.add_argument("--case", help="only the case with this id")
    options = parser.parse_args()
    if options.command == "serve":
        serve(sys.stdin, sys.stdout)
        return 0
    try:
        return check(options.directory, options.file, options.case)
    except BadVectors as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
