"""Whole parties: device lists, certificates and rotations as they change, and receipts."""

import unittest

from tests.world import DAY, PartyTest, World


class ListsAndReceipts(PartyTest):
    def learn(self, name: str, account: str) -> None:
        self.world.run(
            "party.learn", party=name, list=self.world.lists[account], now=self.world.now
        )

    def test_revoked_device(self) -> None:
        world = self.world = World(a=1, b=2)
        for name, peer in (("a1", "b1"), ("b2", "a1"), ("b2", "b1")):
            world.initiate(name, peer)
        envelope = world.send("b2", "a1", "text")["envelopes"]["a1"]
        world.next_list("b", remove=[world.id("b2")])
        self.learn("a1", "b")
        self.refuses("NotInDeviceList", world.receive, "a1", envelope)
        self.assertEqual(list(world.send("a1", "b1", "text")["envelopes"]), ["b1"])

    def test_expired_list(self) -> None:
        self.world.now += 35 * DAY + 1
        self.refuses("DeviceListStale", self.world.initiate, "a1", "b1")
        self.refuses("DeviceListStale", self.world.send, "a1", "b1", "to nobody")

    def test_expired_list_keeps_sessions(self) -> None:
        self.begin()
        self.world.now += 35 * DAY + 1
        self.assertEqual(self.world.say("a1", "b1", "still here"), "still here")

    def test_newer_list_is_reported(self) -> None:
        self.begin()
        self.world.next_list("a")
        self.learn("a1", "a")
        envelope = self.world.send("a1", "b1", "text")["envelopes"]["b1"]
        heads = self.world.receive("b1", envelope)["heads"]
        self.assertEqual(heads, {"sender": "newer", "own": "same"})

    def test_renewed_certificate_keeps_the_sessions(self) -> None:
        self.begin()
        world = self.world
        world.now += DAY
        renewed = world.devices["a1"]["description"] | {"created": world.now}
        certificate = world.run("party.create", party="renewed", device=renewed)["certificate"]
        world.next_list("a", add=[certificate])
        envelope = world.send("a1", "b1", "old certificate")["envelopes"]["b1"]
        self.learn("b1", "a")
        self.refuses("NotInDeviceList", world.receive, "b1", envelope)
        self.refuses("NoSession", world.send, "b1", "a1", "text")
        prekeys = world.run("party.prekeys", party="renewed", signed=True, count=0, now=world.now)
        world.run(
            "session.initiate",
            party="b1",
            account=world.account("a1"),
            bundle="0601" + certificate + prekeys["signed_prekey"] + "00",
            now=world.now,
        )
        self.assertEqual(world.receive("b1", envelope)["generation"], 1)
        self.assertEqual(world.inspect("b1", "a1")["generation"], 2)

    def test_receipts(self) -> None:
        self.begin()
        sent = self.world.send("a1", "b1", "text", receipts=True)

        def apply(state: int, key: str) -> dict:
            receipt = self.world.run(
                "receipt.make",
                receipt_key=key,
                state=state,
                message_id=sent["message_id"],
                recipient_account=self.world.account("b1"),
            )["receipt"]
            return self.world.run(
                "receipt.apply",
                party="a1",
                account=self.world.account("b1"),
                receipt=receipt,
                now=self.world.now,
            )

        self.refuses("BadReceipt", apply, 1, "00" * 16)
        self.assertEqual(apply(1, sent["receipt_key"]), {"reached": 1, "changed": True})
        self.assertEqual(apply(1, sent["receipt_key"]), {"reached": 1, "changed": False})
        self.assertEqual(apply(2, sent["receipt_key"]), {"reached": 2, "changed": True})

    def test_rotated_account_keeps_its_sessions(self) -> None:
        self.begin()
        world = self.world
        seed = world.run("account.generate")["account_seed"]
        renewed = world.devices["a1"]["description"] | {"account_seed": seed}
        created = world.run("party.create", party="rotated", device=renewed)
        late = world.send("a1", "b1", "old account")["envelopes"]["b1"]
        made = world.run(
            "rotation.make",
            old_seed=world.seeds["a"],
            list=world.lists["a"],
            new_seed=seed,
            certificate=created["certificate"],
            now=world.now,
        )
        follow = {"party": "b1", "account": world.account("a1"), "now": world.now} | made
        self.assertEqual(world.run("party.follow", **follow)["account_id"], created["account_id"])
        self.refuses("AccountRetired", world.run, "party.follow", **follow)
        self.refuses("AccountRetired", self.learn, "b1", "a")
        self.refuses("AccountRetired", world.send, "b1", "a1", "text")
        self.refuses("NotInDeviceList", world.receive, "b1", late)
        for account in (made["list"], world.lists["b"]):
            world.run("party.learn", party="rotated", list=account, now=world.now)
        world.devices["a1"] |= created | {"description": renewed}
        world.run(
            "session.initiate",
            party="rotated",
            account=world.account("b1"),
            bundle=world.bundle("b1"),
            now=world.now,
        )
        envelope = world.send("rotated", "b1", "new account")["envelopes"]["b1"]
        received = world.receive("b1", envelope)
        self.assertEqual(received["account"], created["account_id"])
        sessions = world.inspect("b1", "a1")["sessions"]
        self.assertEqual(len(sessions), 2)


if __name__ == "__main__":
    unittest.main()
