"""`link.step` of OPERATIONS.md: the attempts to link, and which step each is at."""

from typing import Any

from .arguments import Arguments
from .crypto import Random, ed25519_public, x25519_public
from .errors import Fault, ProtocolError
from .linking import ExistingDevice, NewDevice
from .objects import DeviceCertificate, DeviceList

EXISTING, NEW = "existing", "new"
LAST_STEP = 6


class Attempt:
    """One role in one attempt. `steps` of it are done; the next one is due."""

    def __init__(self) -> None:
        self.steps = 0
        self.ended = False
        self.existing: ExistingDevice | None = None
        self.new: NewDevice | None = None


class Links:
    """All attempts, by name and role."""

    def __init__(self) -> None:
        self._attempts: dict[tuple[str, str], Attempt] = {}

    def reset(self) -> None:
        """Forgets all attempts."""
        self._attempts = {}

    def step(self, args: dict[str, Any], random: Random) -> dict[str, Any]:
        """The step that is due; one that fails ends the attempt."""
        given = Arguments(args)
        name, role, now = given.text("link"), given.text("role"), given.number("now")
        if role not in (EXISTING, NEW):
            raise Fault("role is neither existing nor new")
        attempt = self._attempts.get((name, role), Attempt())
        if attempt.ended:
            raise Fault("the attempt has ended")
        take = _existing_step if role == EXISTING else _new_step
        try:
            answer = take(attempt, given, now, random)
        except ProtocolError:
            attempt.ended = True
            self._attempts[name, role] = attempt
            raise
        attempt.steps += 1
        attempt.ended = attempt.steps == LAST_STEP
        self._attempts[name, role] = attempt
        return {"output": None, "digits": None} | answer


def _existing_step(
    attempt: Attempt, given: Arguments, now: int, random: Random
) -> dict[str, Any]:
    device = attempt.existing
    if device is None:
        device = _existing_device(given.nested("input"))
        output = device.offer(now, random)
        attempt.existing = device
        return {"output": output.hex()}
    if attempt.steps == 3:
        device.take_digits(given.text("input"))
        return {}
    if attempt.steps == 5 and given.is_nested("input"):
        given = given.nested("input")
        device.take_newer_list(DeviceList.decode(given.opaque("list")))
        return _completed(device, given.opaque("acceptance"), now)
    data = given.opaque("input")
    if attempt.steps == 1:
        return {"output": device.take_hello(data, now, random).hex()}
    if attempt.steps == 2:
        reveal, digits = device.take_nonce(data)
        return {"output": reveal.hex(), "digits": digits}
    if attempt.steps == 4:
        return {"output": device.take_request(data, now).hex()}
    return _completed(device, data, now)


def _completed(device: ExistingDevice, acceptance: bytes, now: int) -> dict[str, Any]:
    completion, device_list, certificate = device.take_acceptance(acceptance, now)
    return {"output": completion.hex()} | _linked(device_list, certificate)


def _existing_device(given: Arguments) -> ExistingDevice:
    account_seed = given.opaque("account_seed", 32)
    device_list = given.opaque("list")
    certificates = given.opaques("certificates")
    return ExistingDevice(
        account_seed,
        DeviceList.decode(device_list),
        [DeviceCertificate.decode(certificate) for certificate in certificates],
    )


def _new_step(attempt: Attempt, given: Arguments, now: int, random: Random) -> dict[str, Any]:
    device = attempt.new
    if device is None:
        device = NewDevice(given.opaque("input"), now)
        output = device.hello(random)
        attempt.new = device
        return {"output": output.hex()}
    if attempt.steps == 3:
        return {"output": _request(device, given.nested("input")).hex()}
    data = given.opaque("input")
    if attempt.steps == 1:
        return {"output": device.take_commitment(data, random).hex()}
    if attempt.steps == 2:
        return {"digits": device.take_reveal(data)}
    if attempt.steps == 4:
        return {"output": device.take_proposal(data, now).hex()}
    return _linked(*device.take_completion(data, now))


def _request(device: NewDevice, given: Arguments) -> bytes:
    signing_seed = given.opaque("signing_seed", 32)
    return device.take_digits(
        given.text("digits"),
        given.opaque("device_id", 16),
        ed25519_public(signing_seed),
        signing_seed,
        x25519_public(given.opaque("identity_private_key", 32)),
    )


def _linked(device_list: DeviceList, certificate: DeviceCertificate) -> dict[str, Any]:
    return {"list": device_list.encode().hex(), "certificate": certificate.encode().hex()}
