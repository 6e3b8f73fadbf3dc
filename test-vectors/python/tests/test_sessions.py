"""Whole parties: sessions that begin, meet and end, restarts, and forged handshakes."""

import unittest

from tests.world import DAY, HOUR, PartyTest


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
        self.refuses("NoSession", self.world.send, "a1", "b1", "too late")

    def test_skipped_key_of_a_finished_chain_over_its_age(self) -> None:
        self.begin()
        late = self.world.send("a1", "b1", "late")["envelopes"]["b1"]
        for name, peer in (("a1", "b1"), ("b1", "a1"), ("a1", "b1")):
            self.world.say(name, peer, "turn")
        self.world.now += 14 * DAY + 1
        self.refuses("KeyConsumed", self.world.receive, "b1", late)
        self.world.say("a1", "b1", "the key is erased now")
        self.refuses("Undecryptable", self.world.receive, "b1", late)

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


if __name__ == "__main__":
    unittest.main()
