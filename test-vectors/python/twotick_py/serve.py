"""Operations over standard input and output, one JSON object a line.

A request may have an `id`, which its answer repeats. Where the operation has an argument of that
name (`record.seal`), the two are one.
"""

import json
from typing import TextIO

from .operations import Program


def answer_line(program: Program, line: str) -> str:
    """The answer to one request, also if it is no operation at all."""
    try:
        request = json.loads(line)
    except ValueError:
        return json.dumps({"id": None, "fault": "the line is not JSON"})
    if not isinstance(request, dict):
        return json.dumps({"id": None, "fault": "the line is not an object"})
    return json.dumps({"id": request.get("id"), **program.run(request)})


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answers until the input ends."""
    program = Program()
    for line in requests:
        if line.strip():
            answers.write(answer_line(program, line) + "\n")
            answers.flush()
