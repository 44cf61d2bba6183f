"""Product and test standards that a text names: two things made to one standard have something in common.

What an enterprise as a whole is certified to (ISO 9001, IATF 16949) says nothing of the thing: left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 2_000  # characters of a text that are read
_NUMBER = (
    r"(?P<number>[1-9]\d{1,4}(?:\.\d{1,3})*)(?:[-–—](?P<part>\d{1,3}(?![\d])))?(?:[-–—:：](?:19|20)\d\d)?"
)
_STANDARD = re.compile(
    r"(?<![A-Za-z0-9/])(?:"
    r"(?P<body>GB|GJB|JB|HG|YB|YS|TB|QC|SJ|NB|DL|JT|JG|CJ|SH|SY|MT|FZ|QB|LY|NY|HB|YY|YD|JC|LS|SL|WJ|EJ|CB)"
    r"(?P<form>/T|/Z)?"
    r"|(?P<abroad>ISO/TS|ISO/IEC|ISO|IEC|EN ISO|EN|DIN EN|DIN|UL|ASTM [A-G]|JIS [A-Z]|SAE J|SEMI [A-Z]|ASME B"
    r"|API|IPC|AMS|DO)"
    rf")(?:-| )?{_NUMBER}(?![\d.]*[\dA-Za-z×*])"
)
_OF_FIRMS = frozenset(
    (
        "ISO 9000;ISO 9001;ISO 9002;ISO 9004;ISO 14000;ISO 14001;ISO 14064;ISO 45001;ISO 13485;"
        "ISO 22000;ISO 27001;ISO 27000;ISO 20000;ISO 50001;ISO 26000;ISO 37001;ISO 22301;ISO 55001;"
        "ISO 15189;ISO 10012;ISO 3834;ISO/IEC 27001;ISO/IEC 20000;ISO/IEC 17025;ISO/IEC 17020;"
        "IEC 27001;IEC 17025;ISO/TS 16949;ISO/TS 22163;EN 15085;ISO 16949;GB/T 4754;GB/T 19000;"
        "GB/T 19001;GB/T 24001;GB/T 28001;GB/T 45001;GB/T 23331;GB/T 22080;GB/T 27922;GB/T 29490;"
        "GB/T 50430;GB/T 22000;GB/T 27341;GB/T 31950;GB/T 33250;GB/T 23001;GJB 9000;GJB 9001"
    ).split(";")
)


def standards(text: str) -> Iterator[tuple[str, int, int]]:
    """(standard without its year, start, end) for every one that *text* names, from left to right.

    >>> list(standards("V带，依GB/T 10821-2008生产，持ISO 9001证书"))
    [('GB/T 10821', 4, 19)]
    """
    for found in _STANDARD.finditer(text[:LONGEST]):
        body, number = found["body"] or found["abroad"], found["number"]
        # GB2 is a lot of land, JB16 a plan: a body at home numbers its standards with three digits and more
        if found["body"] and len(number.split(".")[0]) < 3:
            continue
        name = f"{body}{found['form'] or ''} {number}" + (f"-{found['part']}" if found["part"] else "")
        if name not in _OF_FIRMS and f"{body} {number}" not in _OF_FIRMS and not name.startswith("ISO 900"):
            yield name, found.start(), found.end()
