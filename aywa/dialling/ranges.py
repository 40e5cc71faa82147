"""Number ranges that cost more than a call, and numbers that bring the fire brigade.

An allow-list entry that is shorter than a range leaves the range closed; an entry as long as it, or longer,
opens it: "+1" does not open "+1900", "+1900" does. The lists are the well-known ones (ITU-T
E.164.1 and E.164.2, national plans); they are the second line, a narrow allow-list is the first.
"""

from __future__ import annotations

# No country: satellites, international networks, shared cost and premium services.
_WORLD = "870 871 872 873 874 878 881 882 883 888 808 979 991"
_NATIONAL = {
    # Of the North American plan: premium, and the countries in it that are not the neighbours they look like.
    "1": "900 976 242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 849 868 869 876",
    "7": "803 809",
    "31": "900 906 909 84 87",
    "32": "70 78 90",
    "33": "81 82 89",
    "34": "118 803 806 807 901 902 905 907",
    "351": "607 608 646 661 707 708 760 761 762",
    "352": "90",
    "353": "15",
    "358": "600 700",
    "39": "12 144 163 164 166 178 199 84 89",
    "41": "18 840 842 844 848 900 901 906",
    "420": "84 90",
    "43": "118 810 820 821 828 900 901 930 931 939",
    "44": "118 70 76 84 87 9",
    "45": "90",
    "46": "900 939 944 99",
    "47": "82",
    "48": "300 400 70 80",
    "49": "118 137 138 180 190 191 192 193 194 900",
    "61": "13 190",
    "81": "570 990",
}
EXPENSIVE = frozenset(_WORLD.split()) | frozenset(
    country + area for country, areas in _NATIONAL.items() for area in areas.split()
)
_HELP = "000 108 110 111 112 113 115 117 118 119 122 133 144 190 191 192 193 911 995 999"
EMERGENCY = frozenset(_HELP.split())
