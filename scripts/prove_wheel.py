"""Run in an environment that holds the wheel and nothing of the source tree: import all, carry some audio."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from random import Random

PACKAGES = ("aywa", "aywa_server", "aywa_installer")


def import_everything() -> tuple[int, int]:
    """Import each module of the wheel; the numbers of modules and of native ones among them."""
    modules = native = 0
    for name in PACKAGES:
        package = importlib.import_module(name)
        if "site-packages" not in str(package.__file__):
            raise SystemExit(f"{name} comes from {package.__file__}, not from the wheel")
        modules += 1
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if found.name.endswith(".__main__"):
                continue
            module = importlib.import_module(found.name)
            modules += 1
            native += str(module.__file__).endswith(".so")
    return modules, native


async def carry_audio() -> int:
    """Two legs of one engine on loopback, Opus under SRTP; the number of packets that one received."""
    import trio

    from aywa.media.engine import open_media_engine
    from aywa.media.format import Codec, MediaFormat, PayloadFormat, SrtpKeys, SrtpSuite
    from aywa.media.leg import BargeInPolicy, LegParameters
    from aywa.settings import MediaSettings

    # What needs the libraries that the wheel brings along.
    opus = PayloadFormat(Codec.OPUS, 96, 48000)
    keys = bytes(range(30)), bytes(range(30, 60))

    def parameters(port: int, ssrc: int) -> LegParameters:
        return LegParameters(
            remote=("127.0.0.1", port),
            format=MediaFormat(
                send=opus,
                receive=(opus,),
                srtp=SrtpKeys(SrtpSuite.AES_CM_128_HMAC_SHA1_80, keys[ssrc - 1], keys[2 - ssrc]),
            ),
            ssrc=ssrc,
            barge_in=BargeInPolicy.OFF,
        )

    async with open_media_engine(MediaSettings(port_quarantine_s=0.0), rng=Random(1)) as engine:
        ports = engine.reserve_port(), engine.reserve_port()
        async with (
            engine.open_leg(parameters(ports[1].port, 1), ports=ports[0]) as near,
            engine.open_leg(parameters(ports[0].port, 2), ports=ports[1]) as far,
        ):
            near.open_gate(near.epoch)
            near.write_nowait(b"\x00\x10\x00\xf0" * 4000, near.epoch)
            await trio.sleep(1.5)
            return far.stats().received


def main() -> None:
    """Print what was found; exits with a sentence when something is missing."""
    modules, native = import_everything()
    print(f"    {modules} modules imported, {native} of them native, with Python {sys.version.split()[0]}")
    if native == 0:
        raise SystemExit("the wheel carries no native code")
    import trio

    received = trio.run(carry_audio)
    print(f"    {received} RTP packets received over loopback")
    if received < 50:
        raise SystemExit("the engine of the wheel did not carry a second of audio")


if __name__ == "__main__":
    main()
