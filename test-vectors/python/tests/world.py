"""Parties for the tests: accounts with devices, that talk by operations only."""

import unittest
from collections.abc import Callable
from typing import Any

from twotick_py.operations import Program

NOW = 1_700_000_000
HOUR = 3_600
DAY = 24 * HOUR


class Refused(Exception):
    """An operation ended with an error of SPEC 4.4; its name is the message."""


class World:
    """Some accounts, each with devices named by the account's name and a number."""

    def __init__(self, **devices: int) -> None:
        self.program = Program()
        self.operations = 0
        self.now = NOW
        self.devices: dict[str, dict[str, Any]] = {}
        self.lists: dict[str, str] = {}
        self.seeds: dict[str, str] = {}
        for account, count in devices.items():
            self._add_account(account, count)
        for name in self.devices:
            for account in self.lists:
                self.run("party.learn", party=name, list=self.lists[account], now=self.now)

    def run(self, op: str, **arguments: Any) -> dict[str, Any]:
        self.operations += 1
        source = {} if "random" in arguments else {"seed": f"{self.operations:064x}"}
        answer = self.program.run({"op": op, **source, **arguments})
        if "error" in answer:
            raise Refused(answer["error"]["name"])
        return answer["ok"]

    def _add_account(self, account: str, count: int) -> None:
        seed = self.run("account.generate")["account_seed"]
        self.seeds[account] = seed
        for number in range(1, count + 1):
            device = self.run("device.generate", account_seed=seed, now=self.now)["device"]
            name = f"{account}{number}"
            created = self.run("party.create", party=name, device=device)
            self.devices[name] = created | {"description": device}
            if number == 1:
                made = self.run(
                    "list.first", account_seed=seed, certificate=created["certificate"], now=NOW
                )
                self.lists[account] = made["list"]
            else:
                self.next_list(account, add=[created["certificate"]])
            self.run("party.prekeys", party=name, signed=True, count=0, now=self.now)

    def next_list(self, account: str, add: Any = (), remove: Any = ()) -> str:
        made = self.run(
            "list.next",
            account_seed=self.seeds[account],
            list=self.lists[account],
            add=list(add),
            remove=list(remove),
            now=self.now,
        )
        self.lists[account] = made["list"]
        return made["list"]

    def id(self, name: str) -> str:
        return self.devices[name]["device_id"]

    def account(self, name: str) -> str:
        """The account id of a device."""
        return self.devices[name]["account_id"]

    def bundle(self, name: str, one_time: bool = False) -> str:
        """A bundle of fresh prekeys, as PrekeyBundle is encoded."""
        made = self.run("party.prekeys", party=name, signed=True, count=int(one_time), now=self.now)
        last = "01" + made["one_time_prekeys"][0] if one_time else "00"
        return "0601" + self.devices[name]["certificate"] + made["signed_prekey"] + last

    def initiate(self, name: str, peer: str, one_time: bool = False) -> dict[str, Any]:
        bundle = self.bundle(peer, one_time)
        return self.run(
            "session.initiate",
            party=name,
            account=self.account(peer),
            bundle=bundle,
            now=self.now,
        )

    def send(self, name: str, to: str, text: str, receipts: bool = False) -> dict[str, Any]:
        """Sends to the account of `to`; `envelopes` of the answer is by device name."""
        sent = self.run(
            "message.send",
            party=name,
            account=self.account(to),
            content=text.encode().hex(),
            receipts=receipts,
            sent_at=str(self.now * 1000),
            now=self.now,
        )
        names = {self.id(device): device for device in self.devices}
        envelopes = {names[each["to"]]: each["envelope"] for each in sent["envelopes"]}
        return sent | {"envelopes": envelopes}

    def receive(self, name: str, envelope: str) -> dict[str, Any]:
        return self.run("message.receive", party=name, envelope=envelope, now=self.now)

    def say(self, name: str, to: str, text: str) -> str:
        """One message between two accounts of one device, opened; answers its text."""
        envelope = self.send(name, to, text)["envelopes"][to]
        return bytes.fromhex(self.receive(to, envelope)["content"]).decode()

    def inspect(self, name: str, peer: str) -> dict[str, Any]:
        return self.run(
            "session.inspect", party=name, account=self.account(peer), device=self.id(peer)
        )

    def digest(self, name: str) -> str:
        return self.run("party.digest", party=name)["digest"]


class PartyTest(unittest.TestCase):
    """A test with two accounts of one device each."""

    def setUp(self) -> None:
        self.world = World(a=1, b=1)

    def refuses(
        self, name: str, operation: Callable[..., Any], *arguments: Any, **named: Any
    ) -> None:
        with self.assertRaises(Refused) as refused:
            operation(*arguments, **named)
        self.assertEqual(str(refused.exception), name)

    def begin(self) -> None:
        """A confirmed session of a1 with b1."""
        self.world.initiate("a1", "b1")
        self.world.say("a1", "b1", "hello")
        self.world.say("b1", "a1", "hello yourself")
