"""Whole parties: sessions, messages, loss, reordering, restarts and forgeries."""

import unittest

from tests.world import DAY, HOUR, Refused, World


class PartyTest(unittest.TestCase):
    def setUp(self) -> None:
        self.world = World(a=1, b=1)

    def refuses(self, name: str, operation, *arguments, **named) -> None:
        with self.assertRaises(Refused) as refused:
            operation(*arguments, **named)
        self.assertEqual(str(refused.exception), name)

    def begin(self) -> None:
        """A confirmed session of a1 with b1."""
        self.world.initiate("a1", "b1")
        self.world.say("a1", "b1", "hello")
        self.world.say("b1", "a1", "hello yourself")


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
        for turn in range(3):
            self.world.say("b1", "a1", "turn")
            self.world.say("a1", "b1", "turn back")
        chains = self.world.inspect("b1", "a1")["sessions"][0]["skipped"]
        self.assertEqual([chain["numbers"] for chain in chains], [[0]])
        self.world.receive("b1", late)
        self.assertEqual(self.world.inspect("b1", "a1")["sessions"][0]["skipped"], [])

    def test_only_four_finished_chains(self) -> None:
        self.begin()
        late = []
        for turn in range(6):
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


class Sessions(PartyTest):
    def test_simultaneous_initiation(self) -> None:
        self.world.initiate("a1", "b1")
        self.world.initiate("b1", "a1")
        from_a = self.world.send("a1", "b1", "from a")["envelopes"]["b1"]
        from_b = self.world.send("b1", "a1", "from b")["envelopes"]["a1"]
        self.world.receive("b1", from_a)
        self.world.receive("a1", from_b)
        at_a, at_b = self.world.inspect("a1", "b1"), self.world.inspect("b1", "a1")
        current = at_a["sessions"][0]["session_id"]
        self.assertEqual(current, at_b["sessions"][0]["session_id"])
        self.assertEqual(current, min(each["session_id"] for each in at_a["sessions"]))
        self.assertEqual(self.world.say("a1", "b1", "after"), "after")
        self.assertEqual(self.world.say("b1", "a1", "after"), "after")

    def test_higher_generation_wins(self) -> None:
        self.begin()
        self.world.initiate("b1", "a1")
        self.world.say("b1", "a1", "anew")
        sessions = self.world.inspect("a1", "b1")["sessions"]
        self.assertEqual([each["generation"] for each in sessions], [2, 1])

    def test_archived_sessions_receive_for_72_hours(self) -> None:
        self.begin()
        late = [self.world.send("a1", "b1", "late")["envelopes"]["b1"] for _ in range(2)]
        self.world.initiate("b1", "a1")
        self.world.say("b1", "a1", "anew")
        self.world.say("a1", "b1", "confirmed")
        self.world.now += 72 * HOUR - 1
        self.assertEqual(self.world.receive("b1", late[0])["generation"], 1)
        self.world.now += 1
        self.refuses("Undecryptable", self.world.receive, "b1", late[1])

    def test_five_sessions(self) -> None:
        for _ in range(7):
            self.world.initiate("a1", "b1")
        generations = [each["generation"] for each in self.world.inspect("a1", "b1")["sessions"]]
        self.assertEqual(generations, [7, 6, 5, 4, 3])

    def test_unanswered_for_too_long(self) -> None:
        self.world.initiate("a1", "b1")
        self.world.now += 30 * DAY
        self.world.send("a1", "b1", "just in time")
        self.world.now += 1
        self.refuses("SessionUnanswered", self.world.send, "a1", "b1", "too late")

    def test_restart_and_rollback(self) -> None:
        self.begin()
        run = self.world.run
        run("party.save", party="b1", **{"as": "saved"})
        before = self.world.digest("b1")
        envelope = self.world.send("a1", "b1", "once")["envelopes"]["b1"]
        self.world.receive("b1", envelope)
        self.assertNotEqual(self.world.digest("b1"), before)
        run("party.save", party="b1", **{"as": "after"})
        run("party.restore", party="b1", **{"from": "after"})
        self.refuses("KeyConsumed", self.world.receive, "b1", envelope)
        run("party.restore", party="b1", **{"from": "saved"})
        self.assertEqual(self.world.digest("b1"), before)
        self.world.receive("b1", envelope)

    def test_stale_generation_of_a_rolled_back_peer(self) -> None:
        self.world.run("party.save", party="a1", **{"as": "fresh"})
        for _ in range(2):
            self.world.initiate("a1", "b1")
            self.world.say("a1", "b1", "hello")
        self.world.run("party.restore", party="a1", **{"from": "fresh"})
        self.world.initiate("a1", "b1")
        envelope = self.world.send("a1", "b1", "old")["envelopes"]["b1"]
        before = self.world.digest("b1")
        self.refuses("StaleGeneration", self.world.receive, "b1", envelope)
        self.assertEqual(self.world.digest("b1"), before)

    def test_recovery(self) -> None:
        self.begin()

        def recover(number: int, cause: str = "undecryptable") -> str:
            return self.world.run(
                "session.recover",
                party="b1",
                account=self.world.account("a1"),
                device=self.world.id("a1"),
                message_id=f"{number:032x}",
                cause=cause,
                now=self.world.now,
            )["recovery"]

        self.assertEqual([recover(1), recover(1), recover(1)], ["retry", "reset", "nothing"])
        self.assertEqual(recover(2), "retry")
        self.assertEqual([recover(n) for n in range(3, 17)], ["retry"] * 14)
        self.assertEqual(recover(17), "nothing")
        self.world.now += HOUR
        self.assertEqual(recover(18, "stale"), "reset")
        self.world.say("a1", "b1", "opened")
        self.assertEqual(recover(19, "stale"), "retry")

    def test_resend_once(self) -> None:
        self.begin()
        sent = self.world.send("a1", "b1", "x" * 300)
        arguments = {
            "party": "a1",
            "message_id": sent["message_id"],
            "account": self.world.account("b1"),
            "device": self.world.id("b1"),
            "now": self.world.now,
        }
        again = self.world.run("message.resend", **arguments)["envelope"]
        self.assertFalse(self.world.receive("b1", again)["duplicate"])
        self.assertTrue(self.world.receive("b1", sent["envelopes"]["b1"])["duplicate"])
        self.refuses("LimitReached", self.world.run, "message.resend", **arguments)


class Handshakes(PartyTest):
    def forged(self, envelope: str) -> str:
        """A genuine initial message whose body was changed."""
        at = 2 * (50 + 4 + 1903 + 12 + 64)
        return envelope[:at] + f"{int(envelope[at], 16) ^ 1:x}" + envelope[at + 1 :]

    def test_replayed_initial_message(self) -> None:
        self.world.run("party.save", party="b1", **{"as": "saved"})
        for one_time in (False, True):
            self.world.initiate("a1", "b1", one_time)
            envelope = self.world.send("a1", "b1", "first")["envelopes"]["b1"]
            self.world.receive("b1", envelope)
            self.refuses("KeyConsumed", self.world.receive, "b1", envelope)
            for _ in range(5):
                self.world.initiate("b1", "a1")
            refusal = "UnknownOneTimePrekey" if one_time else "InitialMessageReplayed"
            self.refuses(refusal, self.world.receive, "b1", envelope)

    def test_forgeries_change_nothing_and_cost_the_budget(self) -> None:
        self.world.initiate("a1", "b1", one_time=True)
        envelope = self.world.send("a1", "b1", "genuine")["envelopes"]["b1"]
        before = self.world.digest("b1")
        for _ in range(8):
            self.refuses("Undecryptable", self.world.receive, "b1", self.forged(envelope))
        self.refuses("TooManyHandshakes", self.world.receive, "b1", envelope)
        self.assertEqual(self.world.digest("b1"), before)
        self.world.now += 300
        self.assertEqual(self.world.receive("b1", envelope)["began"], "one_time")

    def test_restart_empties_the_budget(self) -> None:
        self.world.initiate("a1", "b1")
        envelope = self.world.send("a1", "b1", "genuine")["envelopes"]["b1"]
        for _ in range(8):
            self.refuses("Undecryptable", self.world.receive, "b1", self.forged(envelope))
        self.world.run("party.save", party="b1", **{"as": "saved"})
        self.world.run("party.restore", party="b1", **{"from": "saved"})
        self.world.receive("b1", envelope)

    def test_generation_jump(self) -> None:
        self.world.initiate("a1", "b1")
        envelope = self.world.send("a1", "b1", "first")["envelopes"]["b1"]
        at = 2 * (50 + 4 + 3 + 264)
        far = envelope[:at] + "00010001" + envelope[at + 8 :]
        self.refuses("GenerationTooFar", self.world.receive, "b1", far)

    def test_random_key_that_is_held(self) -> None:
        arguments = {
            "account": self.world.account("b1"),
            "bundle": self.world.bundle("b1"),
            "now": self.world.now,
            "random": [self.world.devices["a1"]["description"]["identity_private_key"], "00" * 32],
        }
        self.refuses(
            "RandomnessFailure", self.world.run, "session.initiate", party="a1", **arguments
        )


class ListsAndReceipts(PartyTest):
    def learn(self, name: str, account: str) -> None:
        self.world.run(
            "party.learn", party=name, list=self.world.lists[account], now=self.world.now
        )

    def test_revoked_device(self) -> None:
        world = self.world = World(a=1, b=2)
        for peer in ("b1", "b2"):
            world.initiate("a1", peer)
            world.initiate("b2", "a1") if peer == "b2" else None
        world.initiate("b2", "b1")
        envelope = world.send("b2", "a1", "text")["envelopes"]["a1"]
        world.next_list("b", remove=[world.id("b2")])
        self.learn("a1", "b")
        self.refuses("NotInDeviceList", world.receive, "a1", envelope)
        self.assertEqual(list(world.send("a1", "b1", "text")["envelopes"]), ["b1"])

    def test_expired_list(self) -> None:
        self.world.now += 35 * DAY + 1
        self.refuses("DeviceListStale", self.world.initiate, "a1", "b1")
        sent = self.world.send("a1", "b1", "to nobody")
        self.assertEqual(sent["withheld"], [self.world.id("b1")])
        self.assertEqual(sent["envelopes"], {})

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
        self.refuses("Undecryptable", self.control, 6, "aa")


if __name__ == "__main__":
    unittest.main()
