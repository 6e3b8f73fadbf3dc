"""Tests of the stateless operations and of linking, against themselves and SPEC's numbers."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from twotick_py import crypto  # noqa: E402
from twotick_py.curve import ED25519_ORDER, FIELD_PRIME  # noqa: E402
from twotick_py.errors import Fault, ProtocolError  # noqa: E402
from twotick_py.objects import (  # noqa: E402
    Content,
    DeviceCertificate,
    DeviceList,
    ListHead,
    Message,
    Payload,
)
from twotick_py.operations_stateless import STATELESS, Links  # noqa: E402
from twotick_py.randomness import Random  # noqa: E402

NOW = 1_800_000_000
DAY = 86_400


def run(op: str, *draws: str, **args):
    random = Random.script(list(draws))
    answer = STATELESS[op](args, random)
    random.finish()
    return answer


def describe(account: int, device: int, created: int = NOW) -> dict:
    return {
        "account_seed": f"{account:02x}" * 32,
        "device_id": f"{device:02x}" * 16,
        "signing_seed": f"{device + 0x40:02x}" * 32,
        "identity_private_key": f"{device + 0x80:02x}" * 32,
        "created": created,
    }


def certificate(account: int, device: int, created: int = NOW) -> str:
    given = describe(account, device, created)
    draws = (given["device_id"], given["signing_seed"], given["identity_private_key"])
    made = run("device.generate", *draws, account_seed=given["account_seed"], now=created)
    return made["certificate"]


def flip(encoded: str, index: int) -> str:
    data = bytearray.fromhex(encoded)
    data[index] ^= 1
    return data.hex()


class Case(unittest.TestCase):
    def refused(self, name: str, op: str, *draws: str, **args) -> None:
        with self.assertRaises(ProtocolError) as caught:
            run(op, *draws, **args)
        self.assertEqual(caught.exception.name, name)


class Primitives(Case):
    def test_random(self):
        with self.assertRaises(Fault):
            Random.script(["00"]).take(2)
        with self.assertRaises(Fault):
            Random.script(["00"]).finish()
        with self.assertRaises(Fault):
            Random.none().take(1)
        seeded = Random.seed("07" * 32)
        self.assertEqual(seeded.take(40) + seeded.take(24), Random.seed("07" * 32).take(64))

    def test_strict_signatures(self):
        seed, public = bytes(32), crypto.ed25519_public(bytes(32))
        signature = crypto.sign(seed, "sign/device-list", b"x")
        self.assertTrue(crypto.verify(public, "sign/device-list", signature, b"x"))
        self.assertFalse(crypto.verify(public, "sign/rotation-old", signature, b"x"))
        scalar = int.from_bytes(signature[32:], "little") + ED25519_ORDER
        high = signature[:32] + scalar.to_bytes(32, "little")
        self.assertFalse(crypto.verify(public, "sign/device-list", high, b"x"))
        identity = b"\1" + bytes(31)
        self.assertFalse(
            crypto.verify(identity, "sign/device-list", identity + bytes(32), b"x")
        )

    def test_x25519_keys(self):
        nine = (9).to_bytes(32, "little").hex()
        run("on_curve", public_key=nine)
        # Adding the point of order two takes u to 1/u; 2 is on the twist.
        inverse = pow(9, -1, FIELD_PRIME).to_bytes(32, "little").hex()
        self.refused("BadKey", "on_curve", public_key=inverse)
        self.refused("BadKey", "on_curve", public_key=(2).to_bytes(32, "little").hex())
        for bad in (0, 1, FIELD_PRIME - 1, FIELD_PRIME, FIELD_PRIME + 9, 2**255 + 9):
            encoded = bad.to_bytes(32, "little").hex()
            self.refused("BadKey", "agree", private_key="11" * 32, public_key=encoded)
        shared = run("agree", private_key="11" * 32, public_key=nine)["shared"]
        self.assertEqual(shared, crypto.x25519_public(b"\x11" * 32).hex())

    def test_kem(self):
        seed = bytes(range(64))
        public = crypto.kem_keypair(seed)
        ciphertext, secret = crypto.kem_encapsulate(public, bytes(32))
        self.assertEqual(crypto.kem_decapsulate(seed, ciphertext), secret)
        self.assertNotEqual(crypto.kem_decapsulate(seed, bytes(1568)), secret)
        with self.assertRaises(ProtocolError):
            crypto.kem_check(b"\xff\xff" + public[2:])

    def test_hash(self):
        with self.assertRaises(Fault):
            run("hash", label="Twotick/1/sign/group", data="")
        self.assertEqual(
            run("hash", label="Twotick/1/hash/account", data="00")["hash"],
            crypto.H("hash/account", b"\0").hex(),
        )


class Encoding(Case):
    def test_certificate(self):
        encoded = certificate(1, 2)
        self.assertEqual(len(encoded), 2 * 264)
        self.assertEqual(
            DeviceCertificate.decode(bytes.fromhex(encoded)).encode().hex(), encoded
        )
        for error, bad in (
            ("Truncated", encoded[:-2]),
            ("TrailingBytes", encoded + "00"),
            ("WrongObject", "02" + encoded[2:]),
            ("UnsupportedVersion", "0102" + encoded[4:]),
            ("UnsupportedSuite", "01010002" + encoded[8:]),
        ):
            self.refused(error, "decode", object="DeviceCertificate", bytes=bad)

    def test_list(self):
        head = "0201" + "aa" * 32
        body = "00000001" + "00" * 32 + "00" * 16
        entry = "01" * 16 + "22" * 32
        rest = "0000" + "00" * 64
        run("decode", object="DeviceList", bytes=head + body + "0001" + entry + rest)
        for error, bad in (
            ("LengthOutOfRange", head + body + "0000"),
            ("LengthOutOfRange", head + body + "0011"),
            ("Truncated", head + body + "0002" + entry + "00"),
            ("NotSorted", head + body + "0002" + entry * 2 + rest),
            ("InvalidValue", head + "00000002" + body[8:] + "0001" + entry + rest),
            ("TrailingBytes", head + "00000002" + body[8:] + "0001" + entry + rest + "00"),
            ("InvalidValue", head + body + "0001" + entry + "0001" + "05" * 16 + "00000002"
             + "00" * 64),
        ):  # fmt: skip
            self.refused(error, "decode", object="DeviceList", bytes=bad)

    def test_buckets(self):
        sealed = "110001" + "00" * 76
        run("decode", object="RatchetMessage", bytes=sealed + "00" * 272)
        for size in (0, 16, 271, 273, 8192 + 16):
            bad = sealed + "00" * size
            self.refused("NotABucket", "decode", object="RatchetMessage", bytes=bad)

    def test_envelope(self):
        ids = "01" * 16 + "02" * 16 + "03" * 16
        message = f"{351:08x}" + "00" * 351
        run("decode", object="Envelope", bytes="1301" + ids + message + "00000000")
        same = "01" * 32 + "03" * 16
        for error, bad in (
            ("InvalidValue", "1301" + same + message + "00000000"),
            ("TrailingBytes", "1301" + same + message + "0000000000"),
            ("LengthOutOfRange", "1301" + ids + f"{350:08x}"),
            ("LengthOutOfRange", "1301" + ids + message + f"{307:08x}"),
            ("Truncated", "1301" + ids + message + f"{308:08x}"),
        ):
            self.refused(error, "decode", object="Envelope", bytes=bad)

    def test_payload(self):
        message = Message(b"c" * 16, 2**53 + 1, 1, 5, b"k" * 16, (b"a" * 16, b"b" * 16))
        head = ListHead(1, b"h" * 16)
        payload = Payload(
            1, 1, head, ListHead.none(), message=message, content=Content.inline(b"hi")
        )
        encoded = payload.encode().hex()
        shown = run("decode", object="Payload", bytes=encoded)["fields"]
        self.assertEqual(shown["message"]["lamport"], str(2**53 + 1))
        self.assertEqual(shown["content"], {"form": 1, "content": b"hi".hex()})
        self.assertIsNone(shown["message_ids"])
        for error, bad in (
            ("NonZeroReserved", encoded[:6] + "03" + encoded[8:]),
            ("InvalidValue", encoded[:4] + "07" + encoded[6:]),
            ("InvalidValue", encoded[:4] + "05" + encoded[6:]),
            ("TrailingBytes", encoded + "00"),
        ):
            self.refused(error, "decode", object="Payload", bytes=bad)
        shared = Content.shared(b"k" * 32, b"h" * 32)
        run("decode", object="Payload",
            bytes=Payload(3, 0, head, head, conversation=b"c" * 16, content=shared)
            .encode().hex())  # fmt: skip
        long = Payload(3, 0, head, head, conversation=b"c" * 16, content=Content.inline(bytes(190)))
        self.refused("InvalidValue", "decode", object="Payload", bytes=long.encode().hex())


class Identity(Case):
    def first(self, device: int = 2) -> str:
        return run(
            "list.first", account_seed="01" * 32, certificate=certificate(1, device), now=NOW
        )["list"]

    def next(self, known: str, add=(), remove=(), now: int = NOW) -> str:
        return run(
            "list.next", account_seed="01" * 32, list=known, add=list(add), remove=list(remove),
            now=now,
        )["list"]  # fmt: skip

    def test_certificate(self):
        encoded = certificate(1, 2)
        run("certificate.verify", certificate=encoded, now=NOW)
        self.refused("Expired", "certificate.verify", certificate=encoded, now=NOW + 367 * DAY)
        self.refused("NotYetValid", "certificate.verify", certificate=encoded, now=NOW - 2 * DAY)
        for error, at in (("BadAccountSignature", 199), ("BadDeviceSignature", 263)):
            self.refused(error, "certificate.verify", certificate=flip(encoded, at), now=NOW)

    def test_adopting(self):
        one = self.first()
        two = self.next(one, add=[certificate(1, 3)])
        other = self.next(one, add=[certificate(1, 4)])
        three = self.next(two, remove=["03" * 16])
        for known, received, result, missed in (
            (one, one, "unchanged", 0),
            (one, two, "adopted", 0),
            (one, three, "adopted", 1),
        ):
            answer = run("list.adopt", known=known, received=received, now=NOW)
            self.assertEqual(answer, {"result": result, "missed": missed})
        for error, known, received in (
            ("DeviceListRollback", two, one),
            ("DeviceListFork", two, other),
            ("DeviceListFork", other, three),
            ("BadAccountSignature", one, flip(two, -1)),
        ):
            self.refused(error, "list.adopt", known=known, received=received, now=NOW)
        four = {"account_seed": "01" * 32, "list": three, "add": [certificate(1, 3)]}
        self.refused("DeviceRevoked", "list.next", **four, remove=[], now=NOW)

    def test_admitting(self):
        listed, stranger = certificate(1, 2), certificate(1, 3)
        rest = {"list": self.first(), "others": [], "now": NOW}
        run("list.admit", certificate=listed, us=None, **rest)
        run("list.admit", certificate=listed, us=describe(1, 2), **rest)
        self.refused("NotInDeviceList", "list.admit", certificate=stranger, us=None, **rest)
        ours = describe(9, 7) | {"signing_seed": describe(1, 2)["signing_seed"]}
        self.refused("DuplicateKey", "list.admit", certificate=listed, us=ours, **rest)

    def test_heads(self):
        one = self.first()
        head = run("list.verify", list=one, now=NOW)["head"]
        for given, comparison in (
            (head, "same"), ("00" * 20, "unknown"), (flip(head, 5), "fork"),
            ("00000002" + head[8:], "newer"),
        ):  # fmt: skip
            answer = run("head.compare", list=one, head=given)
            self.assertEqual(answer["comparison"], comparison)
        self.refused("InvalidValue", "head.compare", list=one, head="00000000" + "01" * 16)

    def test_rotation(self):
        last = self.next(self.first(), add=[certificate(1, 3)])
        made = run("rotation.make", old_seed="01" * 32, list=last, new_seed="05" * 32,
                   certificate=certificate(5, 2), now=NOW)  # fmt: skip
        fork = run("rotation.make", old_seed="01" * 32, list=last, new_seed="06" * 32,
                   certificate=certificate(6, 2), now=NOW)  # fmt: skip
        new_list = DeviceList.decode(bytes.fromhex(made["list"]))
        self.assertEqual((new_list.epoch, len(new_list.revoked)), (3, 1))
        followed = run("rotation.follow", known=last, followed=[], now=NOW, **made)
        self.assertEqual(followed, {"account_id": new_list.account_id.hex(), "missed": 0})
        rest = {"known": last, "followed": [made], "now": NOW}
        self.refused("AccountRetired", "rotation.follow", **rest, **made)
        self.refused("RotationFork", "rotation.follow", **rest, **fork)
        wrong = {"rotation": made["rotation"], "list": fork["list"]}
        self.refused("WrongAccount", "rotation.follow", known=last, followed=[], now=NOW, **wrong)
        broken = made | {"rotation": flip(made["rotation"], -1)}
        self.refused("BadRotation", "rotation.follow", known=last, followed=[], now=NOW, **broken)


class Prekeys(Case):
    def setUp(self):
        self.us = describe(1, 2)
        draws = ("a1" * 32, "b1" * 64, "a2" * 32, "b2" * 64)
        self.made = run("prekeys.generate", *draws, us=self.us, signed=True, count=1, now=NOW)
        self.bundle = (
            "0601" + certificate(1, 2) + self.made["signed_prekey"]
            + "01" + self.made["one_time_prekeys"][0]
        )  # fmt: skip
        first = run(
            "list.first", account_seed="01" * 32, certificate=certificate(1, 2), now=NOW
        )
        self.rest = {"wanted": "02" * 16, "list": first["list"], "us": describe(8, 9), "now": NOW}

    def test_sizes(self):
        self.assertEqual(len(self.made["signed_prekey"]), 2 * 1684)
        self.assertEqual(len(self.made["one_time_prekeys"][0]), 2 * 1668)
        self.assertEqual(len(self.bundle), 2 * 3619)

    def test_bundle(self):
        self.assertEqual(run("bundle.verify", bundle=self.bundle, **self.rest),
                         {"strength": "one_time"})  # fmt: skip
        short = self.bundle[: 2 * 1950] + "00"
        self.assertEqual(run("bundle.verify", bundle=short, **self.rest),
                         {"strength": "signed_only"})  # fmt: skip
        for error, bundle, change in (
            ("WrongDevice", self.bundle, {"wanted": "03" * 16}),
            ("OwnDevice", self.bundle, {"us": self.us}),
            ("PrekeyExpired", self.bundle, {"now": NOW + 15 * DAY}),
            ("BadPrekeySignature", flip(self.bundle, -1), {}),
            ("BadPrekeySignature", flip(short, 1949), {}),
            ("InvalidValue", self.bundle[: 2 * 1950] + "02", {}),
        ):
            self.refused(error, "bundle.verify", bundle=bundle, **(self.rest | change))

    def test_repeated_randomness(self):
        draws = ("a1" * 32, "b1" * 64, "a1" * 32, "b2" * 64)
        self.refused(
            "RandomnessFailure", "prekeys.generate", *draws, us=self.us, signed=True, count=1,
            now=NOW,
        )  # fmt: skip


class Messages(Case):
    def test_padding(self):
        for length, bucket in ((0, 256), (252, 256), (253, 512), (4092, 4096)):
            padded = run("padding.pad", payload="07" * length, maximum=4096)["padded"]
            self.assertEqual(len(padded), 2 * bucket)
            answer = run("padding.unpad", padded=padded, maximum=4096)
            self.assertEqual(answer["payload"], "07" * length)
        self.refused("ContentTooLong", "padding.pad", payload="00" * 4093, maximum=4096)
        for bad in ("", "00" * 255, "00" * 255 + "01", "000000fd" + "00" * 252, "00" * 512):
            self.refused("Undecryptable", "padding.unpad", padded=bad, maximum=4096)

    def test_body(self):
        sealed = run("body.seal", "0b" * 32, content="61" * 300, message_id="0c" * 16)
        given = {name: sealed[name] for name in ("shared_body", "body_key", "body_hash")}
        self.assertEqual(run("body.open", message_id="0c" * 16, **given)["content"], "61" * 300)
        for change in ({"message_id": "0d" * 16}, {"body_key": "0a" * 32}, {"shared_body": ""}):
            args = given | {"message_id": "0c" * 16} | change
            self.refused("Undecryptable", "body.open", **args)

    def test_receipts(self):
        named = {"receipt_key": "01" * 16, "message_id": "02" * 16, "recipient_account": "03" * 32}
        read = run("receipt.make", state=2, **named)["receipt"]
        self.assertEqual(run("receipt.verify", receipt=read, reached=1, **named),
                         {"reached": 2, "changed": True})  # fmt: skip
        late = run("receipt.make", state=1, **named)["receipt"]
        self.assertEqual(run("receipt.verify", receipt=late, reached=2, **named),
                         {"reached": 2, "changed": False})  # fmt: skip
        other = named | {"message_id": "04" * 16}
        self.refused("BadReceipt", "receipt.verify", receipt=read, reached=0, **other)

    def test_receipt_due(self):
        due = {
            "accepted_contact": True, "read_receipts": False, "kind_is_message": True,
            "has_key": True, "duplicate": False, "durable": True, "target_present": True,
            "visible": True,
        }  # fmt: skip
        run("receipt.due", state=1, already=0, **due)
        self.refused("ReceiptNotDue", "receipt.due", state=2, already=0, **due)
        self.refused("ReceiptNotDue", "receipt.due", state=1, already=1, **due)
        self.assertEqual(run("receipt.delay", "ffffffff")["milliseconds"], 2000)

    def test_safety(self):
        digits = run("safety.number", ours="01" * 32, theirs="02" * 32)["digits"]
        self.assertRegex(digits, r"\A[0-9]{60}\Z")
        again = run("safety.number", ours="02" * 32, theirs="01" * 32)["digits"]
        self.assertEqual(digits, again)
        code = "3801" + "0a" * 32 + "0b" * 32
        run("safety.scan", code=code, us="0b" * 32, them="0a" * 32)
        self.refused("BadSafetyCode", "safety.scan", code=code, us="0a" * 32, them="0b" * 32)

    def test_records(self):
        name = {"kind": 0x85, "account_id": "01" * 32, "device_id": "02" * 16, "id": "aa"}
        key = {"storage_key": "09" * 32}
        sealed = run("record.seal", "04" * 24, **name, **key, revision="7", value="beef")
        opened = run("record.open", **name, **key, revision="7", **sealed)
        self.assertEqual(opened, {"value": "beef"})
        self.refused("RecordRefused", "record.open", **name, **key, revision="8", **sealed)
        self.refused("RecordRefused", "record.open", **name, **key, revision="7", sealed="00")


class Linking(Case):
    def setUp(self):
        self.links = Links()
        listed = certificate(1, 2)
        first = run("list.first", account_seed="01" * 32, certificate=listed, now=NOW)
        self.owner = {
            "account_seed": "01" * 32, "list": first["list"], "certificates": [listed],
        }  # fmt: skip

    def step(self, role: str, given, *draws: str, now: int = NOW):
        random = Random.script(list(draws))
        args = {"link": "a", "role": role, "input": given, "now": now}
        answer = self.links.step(args, random)
        random.finish()
        return answer

    def until_digits(self) -> tuple[str, str]:
        offer = self.step("existing", self.owner, "51" * 32)["output"]
        hello = self.step("new", offer, "52" * 32)["output"]
        commitment = self.step("existing", hello, "53" * 32, "54" * 32)["output"]
        nonce = self.step("new", commitment, "55" * 32)["output"]
        reveal = self.step("existing", nonce)
        return reveal["digits"], self.step("new", reveal["output"])["digits"]

    def test_link(self):
        shown, seen = self.until_digits()
        self.assertEqual(shown, seen)
        self.step("existing", seen)
        device = {name: describe(1, 3)[name]
                  for name in ("device_id", "signing_seed", "identity_private_key")}  # fmt: skip
        request = self.step("new", device | {"digits": shown})["output"]
        proposal = self.step("existing", request)["output"]
        acceptance = self.step("new", proposal)["output"]
        completion = self.step("existing", acceptance)
        linked = self.step("new", completion["output"])
        self.assertEqual(linked["certificate"], certificate(1, 3))
        self.assertEqual(linked["list"], completion["list"])
        with self.assertRaises(Fault):
            self.step("new", completion["output"])

    def test_other_digits(self):
        shown, _ = self.until_digits()
        with self.assertRaises(ProtocolError) as caught:
            self.step("existing", "x" + shown[1:])
        self.assertEqual(caught.exception.name, "LinkDigitsDiffer")
        with self.assertRaises(Fault):
            self.step("existing", shown)

    def test_late_hello(self):
        offer = self.step("existing", self.owner, "51" * 32)["output"]
        hello = self.step("new", offer, "52" * 32)["output"]
        with self.assertRaises(ProtocolError) as caught:
            self.step("existing", hello, "53" * 32, "54" * 32, now=NOW + 61)
        self.assertEqual(caught.exception.name, "LinkExpired")


if __name__ == "__main__":
    unittest.main()
