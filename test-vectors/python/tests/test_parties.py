"""Whole parties: talking, loss and reordering, and what is no message of a history."""

import unittest

from tests.world import DAY, PartyTest, World


class Talking(PartyTest):
    def test_conversation_over_many_turns(self) -> None:
        self.begin()
        for turn in range(6):
            for _ in range(turn % 3 + 1):
                self.assertEqual(self.world.say("a1", "b1", f"a{turn}"), f"a{turn}")
            self.assertEqual(self.world.say("b1", "a1", f"b{turn}"), f"b{turn}")

    def test_initial_messages_until_an_answer(self) -> None:
        self.world.initiate("a1", "b1", one_time=True)
        first = self.world.send("a1", "b1", "one")["envelopes"]["b1"]
        second = self.world.send("a1", "b1", "two")["envelopes"]["b1"]
        self.assertEqual(self.world.receive("b1", second)["began"], "one_time")
        repeated = self.world.receive("b1", first)
        self.assertIsNone(repeated["began"])
        self.assertEqual(bytes.fromhex(repeated["content"]), b"one")
        self.world.say("b1", "a1", "answer")
        third = self.world.send("a1", "b1", "three")["envelopes"]["b1"]
        self.assertEqual(third[108:110], "11")

    def test_strength_is_visible(self) -> None:
        self.assertEqual(self.world.initiate("a1", "b1")["strength"], "signed_only")
        self.assertEqual(self.world.initiate("a1", "b1", one_time=True)["strength"], "one_time")

    def test_long_content_travels_in_a_shared_body(self) -> None:
        self.begin()
        text = "long " * 2_000
        self.assertEqual(self.world.say("a1", "b1", text), text)
        self.refuses("ContentTooLong", self.world.send, "a1", "b1", "x" * 65_533)

    def test_missing_shared_body(self) -> None:
        self.begin()
        envelope = self.world.send("a1", "b1", "x" * 400)["envelopes"]["b1"]
        without = envelope[: -2 * (4 + 36 + 512 + 16)] + "00000000"
        self.refuses("Undecryptable", self.world.receive, "b1", without)
        self.world.receive("b1", envelope)

    def test_two_accounts_of_two_devices(self) -> None:
        world = World(a=2, b=2)
        for peer in ("b1", "b2", "a2"):
            world.initiate("a1", peer)
        sent = world.send("a1", "b1", "to all", receipts=True)
        order = sorted(["b1", "b2"], key=world.id) + ["a2"]
        self.assertEqual(list(sent["envelopes"]), order)
        kinds = {}
        for name, envelope in sent["envelopes"].items():
            received = world.receive(name, envelope)
            kinds[name] = received["kind"]
            self.assertEqual(received["link"], sent["link"])
            self.assertEqual(received["receipt_key"], sent["receipt_key"])
            self.assertEqual(received["heads"]["sender"], "same")
        self.assertEqual(kinds, {"b1": 1, "b2": 1, "a2": 2})

    def test_no_session_to_one_of_the_devices(self) -> None:
        world = World(a=1, b=2)
        world.initiate("a1", "b1")
        before = world.digest("a1")
        self.refuses("NoSession", world.send, "a1", "b1", "text")
        self.assertEqual(world.digest("a1"), before)


class LossAndOrder(PartyTest):
    def test_any_order(self) -> None:
        self.begin()
        sent = [self.world.send("a1", "b1", str(n))["envelopes"]["b1"] for n in range(5)]
        for n in (4, 0, 3, 1, 2):
            received = self.world.receive("b1", sent[n])
            self.assertEqual(bytes.fromhex(received["content"]).decode(), str(n))
            self.assertFalse(received["duplicate"])
        self.assertEqual(received["missing"], {"gaps": [], "unknown_parents": 0})

    def test_missing_messages_are_reported(self) -> None:
        self.begin()
        sent = [self.world.send("a1", "b1", str(n))["envelopes"]["b1"] for n in range(4)]
        missing = self.world.receive("b1", sent[3])["missing"]
        self.assertEqual(missing["gaps"], [[self.world.id("a1"), 2, 4]])
        self.assertEqual(missing["unknown_parents"], 1)
        missing = self.world.receive("b1", sent[1])["missing"]
        device = self.world.id("a1")
        self.assertEqual(missing["gaps"], [[device, 2, 2], [device, 4, 4]])

    def test_nothing_opens_twice(self) -> None:
        self.begin()
        envelope = self.world.send("a1", "b1", "once")["envelopes"]["b1"]
        self.world.receive("b1", envelope)
        before = self.world.digest("b1")
        self.refuses("KeyConsumed", self.world.receive, "b1", envelope)
        self.assertEqual(self.world.digest("b1"), before)

    def test_late_message_of_a_finished_chain(self) -> None:
        self.begin()
        late = self.world.send("a1", "b1", "late")["envelopes"]["b1"]
        self.world.say("a1", "b1", "in time")
        for _ in range(3):
            self.world.say("b1", "a1", "turn")
            self.world.say("a1", "b1", "turn back")
        chains = self.world.inspect("b1", "a1")["sessions"][0]["skipped"]
        self.assertEqual([chain["numbers"] for chain in chains], [[0]])
        self.world.receive("b1", late)
        self.assertEqual(self.world.inspect("b1", "a1")["sessions"][0]["skipped"], [])

    def test_only_four_finished_chains(self) -> None:
        self.begin()
        late = []
        for _ in range(6):
            late.append(self.world.send("a1", "b1", "late")["envelopes"]["b1"])
            self.world.say("a1", "b1", "in time")
            self.world.say("b1", "a1", "turn")
        self.world.say("a1", "b1", "one more")
        self.assertEqual(len(self.world.inspect("b1", "a1")["sessions"][0]["skipped"]), 4)
        self.refuses("Undecryptable", self.world.receive, "b1", late[0])
        self.world.receive("b1", late[2])

    def test_skipped_keys_age(self) -> None:
        self.begin()
        late = self.world.send("a1", "b1", "late")["envelopes"]["b1"]
        self.world.say("a1", "b1", "in time")
        self.world.now += 14 * DAY
        self.world.run("party.expire", party="b1", now=self.world.now)
        self.assertEqual(len(self.world.inspect("b1", "a1")["sessions"][0]["skipped"]), 1)
        self.world.now += 1
        self.refuses("KeyConsumed", self.world.receive, "b1", late)

    def test_message_of_another_route(self) -> None:
        self.begin()
        envelope = self.world.send("a1", "b1", "text")["envelopes"]["b1"]
        other_id = envelope[:68] + "00" * 16 + envelope[100:]
        self.refuses("Undecryptable", self.world.receive, "b1", other_id)
        self.world.receive("b1", envelope)


class Control(PartyTest):
    def control(self, kind: int, content: str | None = None, ids: list | None = None) -> dict:
        sent = self.world.run(
            "message.control",
            party="a1",
            account=self.world.account("b1"),
            device=self.world.id("b1"),
            kind=kind,
            content=content,
            message_ids=ids,
            now=self.world.now,
        )
        return self.world.receive("b1", sent["envelope"])

    def test_kinds_without_a_history(self) -> None:
        self.begin()
        ephemeral = self.control(3, content="aa" * 500)
        self.assertEqual(ephemeral["content"], "aa" * 500)
        self.assertIsNone(ephemeral["missing"])
        self.assertEqual(self.control(4, ids=["11" * 16])["message_ids"], ["11" * 16])
        self.assertIsNone(self.control(5)["content"])

    def test_device_sync_of_another_account(self) -> None:
        self.begin()
        self.refuses("InvalidValue", self.control, 6, "aa")


if __name__ == "__main__":
    unittest.main()
