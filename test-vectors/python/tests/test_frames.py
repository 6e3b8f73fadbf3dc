"""Frames: what is accepted, and the one error of what is not."""

import unittest

from twotick_py.errors import ProtocolError
from twotick_py.frames import CLIENT, RELAY, decode, split
from twotick_py.operations import Program
from twotick_py.wire_client_frames import Ack, Attach
from twotick_py.wire_relay_frames import Done, Gap, Hello, Page


class FrameTest(unittest.TestCase):
    """R-FRM-1, R-FRM-2, R-FRM-3."""

    def refused(self, code: str, sender: str, data: bytes) -> None:
        with self.assertRaises(ProtocolError) as raised:
            decode(sender, data)
        self.assertEqual(raised.exception.name, code)

    def test_a_frame_keeps_its_bytes(self) -> None:
        for frame in (Ack(7, 1, 9, 0, (3, 9), ()), Done(1), Gap(1, 2)):
            data = frame.encode()
            sender = "client" if isinstance(frame, Ack) else "relay"
            self.assertEqual(decode(sender, data), frame)

    def test_length_comes_before_all_else(self) -> None:
        self.refused("FrameTooLarge", "client", b"\xff" * 262_145)
        self.refused("WrongObject", "client", b"\xff" * 262_144)

    def test_directions(self) -> None:
        for byte in range(256):
            data = bytes([byte])
            if byte not in CLIENT:
                self.refused("UnexpectedFrame" if byte in RELAY else "WrongObject", "client", data)
            if byte not in RELAY:
                self.refused("UnexpectedFrame" if byte in CLIENT else "WrongObject", "relay", data)

    def test_requests(self) -> None:
        self.refused("InvalidValue", "relay", bytes.fromhex("c60100000000"))
        self.refused("InvalidValue", "relay", bytes.fromhex("c30100000001") + bytes(8))
        decode("client", bytes.fromhex("be0100000000"))

    def test_sizes(self) -> None:
        attach = Attach(1, bytes(32), bytes(264), bytes(16), 0, 0, 1, 71_737, 0, bytes(64))
        self.assertEqual(len(attach.encode()), 405)
        numbers = bytes.fromhex("c10100000001") + bytes(16 + 8 + 8 + 7) + b"\x01" + bytes(38)
        hello = Hello.decode(numbers + b"\x00\x01" + bytes(8) + b"\x02")
        self.assertEqual(len(hello.encode()), 95)

    def test_page(self) -> None:
        envelope = bytes(16) + b"\x00\x00\x01\x99" + bytes(409)
        numbered = [(seq).to_bytes(8, "big") + envelope[8:] for seq in (1, 2, 4)]
        header = bytes.fromhex("c201000000000002")
        self.assertEqual(len(Page.decode(header + numbered[0] + numbered[1]).deliveries), 2)
        self.refused("NotSorted", "relay", header + numbered[1] + numbered[2])

    def test_sequences(self) -> None:
        self.assertEqual(split(bytes.fromhex("0000000101" "000000020203")), [b"\x01", b"\x02\x03"])
        for data, code in (
            (bytes(4), "LengthOutOfRange"),
            (bytes(1_048_577), "LengthOutOfRange"),
            (b"\x00\x00\x00\x02\x01", "Truncated"),
            (b"\x00\x00\x00\x01\x01" * 65, "LengthOutOfRange"),
        ):
            with self.assertRaises(ProtocolError) as raised:
                split(data)
            self.assertEqual(raised.exception.name, code)

    def test_faults(self) -> None:
        operation = {"op": "frame.decode", "sender": "nobody", "bytes": ""}
        self.assertIn("fault", Program().run(operation))
