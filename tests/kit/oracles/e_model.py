"""The E-model whole (ITU-T G.107 section 7), every formula from its parameters at their defaults."""

from __future__ import annotations

from math import e, log10, sqrt

SLR, RLR, STMR, LSTR, DS = 8.0, 2.0, 15.0, 18.0, 3.0
TELR, WEPL, QDU, NC, NFOR, PS, PR = 65.0, 110.0, 1.0, -70.0, -64.0, 35.0, 35.0
OLR = SLR + RLR


def _power(level: float) -> float:
    return 10.0 ** (level / 10)


def noise() -> float:
    """No: the sum of all noise sources at the 0 dBr point."""
    send = PS - SLR - DS - 100 + 0.004 * (PS - OLR - DS - 14) ** 2
    effective = PR + 10 * log10(1 + _power(10 - LSTR))
    receive = RLR - 121 + effective + 0.008 * (effective - 35) ** 2
    return 10 * log10(sum(map(_power, (NC, send, receive, NFOR + RLR))))


def basic() -> float:
    """Ro."""
    return 15 - 1.5 * (SLR + noise())


def simultaneous(one_way: float) -> float:
    """Is: too loud, sidetone, quantizing."""
    loud = OLR + 0.2 * (64 + noise() - RLR)
    too_loud = 20 * ((1 + (loud / 8) ** 8) ** (1 / 8) - loud / 8)
    side = -10 * log10(_power(-STMR) + e ** (-one_way / 4) * _power(-TELR))
    sidetone = (
        12 * (1 + ((side - 13) / 6) ** 8) ** (1 / 8)
        - 28 * (1 + ((side + 1) / 19.4) ** 35) ** (1 / 35)
        - 13 * (1 + ((side - 3) / 33) ** 13) ** (1 / 13)
        + 29
    )
    q = 37 - 15 * log10(QDU)
    g = 1.07 + 0.258 * q + 0.0602 * q**2
    y = (basic() - 100) / 15 + 46 / 8.4 - g / 9
    z = 46 / 30 - g / 40
    return too_loud + sidetone + 15 * log10(1 + 10**y + 10**z)


def delayed(one_way: float) -> float:
    """Id: Idte + Idle + Idd, with T = Ta = Tr / 2."""
    terv = TELR - 40 * log10((1 + one_way / 10) / (1 + one_way / 150)) + 6 * e ** (-0.3 * one_way**2)
    roe, re = -1.5 * (noise() - RLR), 80 + 2.5 * (terv - 14)
    idte = ((roe - re) / 2 + sqrt((roe - re) ** 2 / 4 + 100) - 1) * (1 - e**-one_way)
    if one_way < 1 or idte < 0:  # at 1 ms the formula gives -0.1
        idte = 0.0
    rle = 10.5 * (WEPL + 7) * (2 * one_way + 1) ** -0.25
    idle = (basic() - rle) / 2 + sqrt((basic() - rle) ** 2 / 4 + 169)
    idd = 0.0
    if one_way > 100:
        x = log10(one_way / 100) / log10(2)
        idd = 25 * ((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)
    return idte + idle + idd


def rated(one_way: float, ie: float, bpl: float, ppl: float, burst_r: float) -> float:
    """R."""
    return basic() - simultaneous(one_way) - delayed(one_way) - ie - (95 - ie) * ppl / (ppl / burst_r + bpl)
