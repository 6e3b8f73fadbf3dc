"""The clock, the gaps and the frontier of one conversation."""

import unittest

from twotick_py.conversation import Author, Conversation
from twotick_py.errors import ProtocolError

AUTHOR, OTHER = b"a" * 16, b"b" * 16


def link(number: int) -> bytes:
    return number.to_bytes(16, "big")


class ConversationTest(unittest.TestCase):
    def setUp(self) -> None:
        self.conversation = Conversation(bytes(16))

    def take(self, sequence: int, *parents: int, author: bytes = AUTHOR, lamport: int = 1) -> bool:
        parent_links = [link(parent) for parent in parents]
        number = sequence + (1000 if author == OTHER else 0)
        return self.conversation.receive(author, lamport, sequence, link(number), parent_links)

    def test_first_message_opens_no_gap_that_is_reported(self) -> None:
        self.assertTrue(self.take(5, 4))
        self.assertEqual(self.conversation.gaps(), [])
        self.assertEqual(self.conversation.unknown_parents(), 0)
        self.assertTrue(self.take(3))
        self.assertFalse(self.take(3))
        self.assertFalse(self.take(5))

    def test_gap_shrinks(self) -> None:
        self.take(1)
        self.take(5, 4)
        self.assertEqual(self.conversation.gaps(), [(AUTHOR, 2, 4)])
        self.assertEqual(self.conversation.unknown_parents(), 1)
        self.take(3, 2)
        self.assertEqual(self.conversation.gaps(), [(AUTHOR, 2, 2), (AUTHOR, 4, 4)])
        self.take(2, 1)
        self.take(4, 3)
        self.assertEqual(self.conversation.gaps(), [])
        self.assertEqual(self.conversation.unknown_parents(), 0)
        self.assertEqual(self.conversation.frontier, [link(5)])

    def test_at_most_64_gaps(self) -> None:
        author = Author(AUTHOR, 1)
        for sequence in range(3, 3 + 2 * 70, 2):
            author.take(sequence)
        self.assertEqual(len(author.gaps), 64)
        self.assertFalse(author.is_new(2))
        self.assertTrue(author.is_new(author.highest - 1))

    def test_at_most_128_authors(self) -> None:
        for number in range(130):
            self.conversation.receive(link(number), 1, 1, link(number), [])
        self.assertEqual(len(self.conversation.authors), 128)
        self.assertEqual(self.conversation.authors[0].device_id, link(2))

    def test_branches_join(self) -> None:
        self.take(1)
        self.take(1, author=OTHER)
        self.assertEqual(self.conversation.frontier, [link(1), link(1001)])
        self.assertEqual(self.conversation.advance(), [link(1), link(1001)])
        self.conversation.sent(link(7))
        self.assertEqual(self.conversation.frontier, [link(7)])

    def test_clock_is_not_pushed_far(self) -> None:
        self.take(1, lamport=2**64 - 1)
        self.assertEqual(self.conversation.lamport, 2**20)
        self.take(2, lamport=3)
        self.assertEqual(self.conversation.lamport, 2**20)

    def test_clock_ends(self) -> None:
        self.conversation.lamport = 2**63
        self.take(1, lamport=2**64 - 1)
        self.assertEqual(self.conversation.lamport, 2**63)
        with self.assertRaises(ProtocolError) as refused:
            self.conversation.advance()
        self.assertEqual(refused.exception.name, "ChainExhausted")


if __name__ == "__main__":
    unittest.main()
