"""Running operations: which program answers what, and that a failure changes nothing."""

import copy
from dataclasses import dataclass, field
from typing import Any

from .arguments import Arguments
from .errors import Fault, ProtocolError
from .handshake_budget import HandshakeBudgets
from .identity import Device
from .operations_party import PARTY
from .operations_stateless import STATELESS, Links
from .operations_steps import STEPS
from .randomness import Random
from .store import Store

Answer = dict[str, Any]


@dataclass
class Party:
    """A device: what it stores, and what it has in memory only."""

    store: Store
    budgets: HandshakeBudgets = field(default_factory=HandshakeBudgets)


class Program:
    """All parties and links, and the operations on them and without them."""

    def __init__(self) -> None:
        self._parties: dict[str, Party] = {}
        self._saved: dict[str, Store] = {}
        self._links = Links()

    def run(self, operation: dict[str, Any]) -> Answer:
        """The answer: `ok`, `error` or `fault`."""
        try:
            return {"ok": self._run(operation)}
        except ProtocolError as error:
            return {"error": {"code": error.code, "name": error.name}}
        except Fault as fault:
            return {"fault": str(fault)}

    def _run(self, operation: dict[str, Any]) -> Answer:
        given, random = Arguments(operation), _random(operation)
        name = given.text("op")
        if name in PARTY:
            return self._run_party(name, given, random)
        if name == "link.step":
            return self._run_link(operation, random)
        if name in STATELESS:
            answer = STATELESS[name](operation, random)
        elif name in STEPS:
            answer = STEPS[name](given, random)
        else:
            return self._run_program(name, given, random)
        random.finish()
        return answer

    def _run_party(self, name: str, given: Arguments, random: Random) -> Answer:
        """Works on a copy of the stored state, which is installed if all went well."""
        party = self._party(given.text("party"))
        store = party.store.beside()
        answer = PARTY[name](store, party.budgets, given, random)
        random.finish()
        party.store = store
        return answer

    def _run_link(self, operation: dict[str, Any], random: Random) -> Answer:
        """As above, except that an attempt which failed has ended."""
        links = copy.deepcopy(self._links)
        try:
            answer = links.step(operation, random)
        except ProtocolError:
            self._links = links
            raise
        random.finish()
        self._links = links
        return answer

    def _run_program(self, name: str, given: Arguments, random: Random) -> Answer:
        """Operations on the parties as a whole; none of them draws."""
        random.finish()
        match name:
            case "reset":
                self._parties, self._saved = {}, {}
                self._links.reset()
                return {}
            case "party.create":
                return self._create(given.text("party"), Device.of(given.raw("device")))
            case "party.save":
                party = self._party(given.text("party"))
                self._saved[given.text("as")] = party.store.beside()
                return {}
            case "party.restore":
                return self._restore(given.text("party"), given.text("from"))
        raise Fault(f"unknown operation: {name}")

    def _create(self, name: str, device: Device) -> Answer:
        self._parties[name] = Party(Store(device))
        return {
            "certificate": device.certificate.encode().hex(),
            "device_id": device.device_id.hex(),
            "account_id": device.account_id.hex(),
        }

    def _restore(self, name: str, saved: str) -> Answer:
        """A restart: what is in memory only is lost (R-HS-7)."""
        if saved not in self._saved:
            raise Fault(f"nothing was saved as {saved}")
        self._parties[name] = Party(self._saved[saved].beside())
        return {}

    def _party(self, name: str) -> Party:
        if name not in self._parties:
            raise Fault(f"no such party: {name}")
        return self._parties[name]


def _random(operation: dict[str, Any]) -> Random:
    """The generator that OPERATIONS.md gives an operation."""
    if "random" in operation:
        return Random.script(operation["random"])
    if "seed" in operation:
        return Random.seed(operation["seed"])
    return Random.none()
