"""ITU-T G.722 mode 1 block by block by the recommendation's names, each operation saturated as there."""

from __future__ import annotations

from tests.kit.oracles.pcm import to_pcm, words

H = [3, -11, -11, 53, 12, -156, 32, 362, -210, -805, 951, 3876]
H = H + H[::-1]
Q6 = [0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023]
Q6 += [1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919]
ILN = [0, 63, 62, *range(31, 3, -1)]
ILP = [0, *range(61, 31, -1)]
POSITIVE6 = [
    24808,
    21904,
    19008,
    16704,
    14984,
    13512,
    12280,
    11192,
    10232,
    9360,
    8576,
    7856,
    7192,
    6576,
    6000,
]
POSITIVE6 += [5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728]
QQ6 = [-136] * 4 + [-value for value in POSITIVE6] + POSITIVE6 + [432, 136, -432, -136]
POSITIVE4 = [20456, 12896, 8968, 6288, 4240, 2584, 1200]
QQ4 = [0, *(-value for value in POSITIVE4), *POSITIVE4, 0]
QQ2 = [-7408, -1616, 7408, 1616]
WL = [-60, -30, 58, 172, 334, 538, 1198, 3042]
RIL4 = [0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0]
WH = [0, -214, 798]
RIH2 = [2, 1, 2, 1]
ILB = [2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834]
ILB += [2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008]


def sat(value: int) -> int:
    """16 bits."""
    return max(-32768, min(32767, value))


def mult(a: int, b: int) -> int:
    """Q15 product of two 16-bit numbers."""
    return sat((a * b) >> 15)


def sign(value: int) -> int:
    """The sign bit."""
    return 1 if value < 0 else 0


class Band:
    """Predictor and quantiser scale of one sub-band."""

    def __init__(self, det: int, base: int, most: int) -> None:
        self.det, self.base, self.most = det, base, most
        self.s = self.sz = self.nb = 0
        self.a, self.r, self.p = [0, 0, 0], [0, 0, 0], [0, 0, 0]
        self.b, self.d = [0] * 7, [0] * 7

    def scale(self, w: int) -> None:
        """LOGSCL and SCALEL, or LOGSCH and SCALEH."""
        self.nb = max(0, min(self.most, mult(self.nb, 32512) + w))
        mantissa, exponent = ILB[(self.nb >> 6) & 31], self.base - (self.nb >> 11)
        self.det = (mantissa << -exponent if exponent < 0 else mantissa >> exponent) << 2

    def predict(self, d: int) -> None:
        """Block 4: RECONS, PARREC, UPPOL2, UPPOL1, UPZERO, DELAYA, FILTEP, FILTEZ, PREDIC."""
        self.d[0], self.r[0], self.p[0] = d, sat(self.s + d), sat(self.sz + d)
        wd1 = sat(self.a[1] * 4)
        wd2 = sat(-wd1) if sign(self.p[0]) == sign(self.p[1]) else wd1
        wd3 = 128 if sign(self.p[0]) == sign(self.p[2]) else -128
        a2 = max(-12288, min(12288, sat(sat((wd2 >> 7) + wd3) + mult(self.a[2], 32512))))
        wd1 = 192 if sign(self.p[0]) == sign(self.p[1]) else -192
        limit = sat(15360 - a2)
        a1 = max(-limit, min(limit, sat(wd1 + mult(self.a[1], 32640))))
        step = 128 if d else 0
        for i in range(1, 7):
            move = step if sign(self.d[i]) == sign(d) else -step
            self.b[i] = sat(move + mult(self.b[i], 32640))
        self.a = [0, a1, a2]
        self.d = [0, *self.d[:6]]
        self.r = [0, *self.r[:2]]
        self.p = [0, *self.p[:2]]
        sp = sat(mult(a1, sat(2 * self.r[1])) + mult(a2, sat(2 * self.r[2])))
        self.sz = 0
        for i in range(6, 0, -1):
            self.sz = sat(self.sz + mult(self.b[i], sat(2 * self.d[i])))
        self.s = sat(sp + self.sz)


class SlowG722:
    """One direction: an encoder or a decoder."""

    def __init__(self) -> None:
        self._low, self._high = Band(32, 8, 18432), Band(8, 10, 22528)
        self._x = [0] * 24

    def encode(self, pcm: bytes) -> bytes:
        """A byte for each two samples."""
        samples = words(pcm)
        return bytes(self._encode(*pair) for pair in zip(samples[::2], samples[1::2], strict=True))

    def decode(self, payload: bytes) -> bytes:
        """Two samples for each byte."""
        return to_pcm([sample for code in payload for sample in self._decode(code)])

    def _filter(self, first: int, second: int) -> tuple[int, int]:
        self._x = [*self._x[2:], first, second]
        newest_first = self._x[::-1]
        return (
            sum(h * x for h, x in zip(H[::2], newest_first[::2], strict=True)),
            sum(h * x for h, x in zip(H[1::2], newest_first[1::2], strict=True)),
        )

    def _encode(self, first: int, second: int) -> int:
        even, odd = self._filter(first, second)
        low, high = self._quantl((even + odd) >> 14), self._quanth((even - odd) >> 14)
        self._follow(low, high)
        return high << 6 | low

    def _decode(self, code: int) -> tuple[int, int]:
        low, high = code & 63, code >> 6
        rl = max(-16384, min(16383, sat(self._low.s + mult(self._low.det, QQ6[low]))))
        rh = max(-16384, min(16383, sat(self._high.s + mult(self._high.det, QQ2[high]))))
        self._follow(low, high)
        even, odd = self._filter(rl + rh, rl - rh)
        return sat(even >> 11), sat(odd >> 11)

    def _follow(self, low: int, high: int) -> None:
        dl, dh = mult(self._low.det, QQ4[low >> 2]), mult(self._high.det, QQ2[high])
        self._low.scale(WL[RIL4[low >> 2]])
        self._low.predict(dl)
        self._high.scale(WH[RIH2[high]])
        self._high.predict(dh)

    def _quantl(self, x: int) -> int:
        e = sat(x - self._low.s)
        magnitude = -e - 1 if e < 0 else e
        mil = next((i for i in range(1, 30) if magnitude < (Q6[i] * self._low.det) >> 12), 30)
        return (ILN if e < 0 else ILP)[mil]

    def _quanth(self, x: int) -> int:
        e = sat(x - self._high.s)
        magnitude = -e - 1 if e < 0 else e
        inner = magnitude < (564 * self._high.det) >> 12
        return (1 if inner else 0) + (0 if e < 0 else 2)
