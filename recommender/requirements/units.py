"""Units of measure: every spelling's factor to the one canonical unit of its dimension.

The factors are pint's, held as a table so that a one-shot command does not pay a quarter of a second for
loading pint; a test computes each of them anew. A compound that is not in the table (``kg/(m2·s)``) is
resolved by what the table says of its parts in base units.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Unit:
    """``value × factor + offset`` is the value in ``canonical``, the unit of ``dimension``."""

    dimension: str
    canonical: str
    factor: float
    offset: float = 0.0

    def of(self, value: float) -> float:
        return value * self.factor + self.offset


@dataclass(frozen=True, slots=True)
class Dimension:
    """A kind of quantity: its canonical unit as readers write it and as pint does, and per spelling what pint
    calls it and the factor to the canonical unit. Pressure is one; torque and energy are two.

    ``base`` are the exponents of the base units that the canonical unit is ``in_base`` times; None where it
    cannot be multiplied: a scale with a zero, a logarithm, a count."""

    name: str
    canonical: str
    pint: str
    spellings: Mapping[str, tuple[str, float]]
    in_base: float = 1.0
    base: Mapping[str, int] | None = None


# [dimension] canonical unit as readers write it, and as pint does ("-" where pint has none), and, where it
# can be multiplied, in base units; below it, line by line, what pint calls a unit, its factor to the
# canonical one, its spellings in folded text
_TABLE = """
[pressure] MPa MPa 1e6 kg/m/s**2
Pa 1e-06 Pa 帕
hPa 0.0001 hPa
kPa 0.001 kPa 千帕
MPa 1 MPa 兆帕 Mpa mpa MPA
GPa 1000 GPa
bar 0.1 bar Bar
mbar 0.0001 mbar
psi 0.006894757293168361 psi PSI
kgf/cm**2 0.0980665 kgf/cm² kgf/cm2 kg/cm² kg/cm2 公斤压力
[length] mm mm 0.001 m
angstrom 1e-07 Å
nm 1e-06 nm 纳米
um 0.001 μm um 微米
mm 1 mm 毫米 MM ㎜
cm 10 cm 厘米 CM ㎝
m 1000 m 米 M
km 1000000 km 公里 千米 KM ㎞
inch 25.4 英寸 inch
[area] m² m**2 1 m**2
mm**2 1e-06 mm² mm2 ㎟ 平方毫米
cm**2 0.0001 cm² cm2 平方厘米
m**2 1 m² m2 ㎡ 平方米 平米 M2
km**2 1000000 km² 平方公里
hectare 10000 公顷 ha
m**2 666.6666666666666 亩
[volume] L L 0.001 m**3
uL 1e-06 μL
mL 0.001 mL ml 毫升 cc cm³
L 1 L 升 l
m**3 1000 m³ m3 立方米 立方 ㎥
[mass] kg kg 1 kg
ug 1e-09 μg
mg 1e-06 mg 毫克 ㎎
g 0.001 g 克
kg 1 kg 千克 公斤 KG Kg ㎏
t 1000 t 吨 T
[force] kN kN 1000 kg*m/s**2
N 0.001 N 牛顿
kN 1 kN KN 千牛
MN 1000 MN
[torque] N·m N*m 1 kg*m**2/s**2
mN*m 0.001 mN·m
N*m 1 N·m Nm N.m N*m 牛米
kN*m 1000 kN·m kNm KN·m
[temperature] ℃ degC
degC 1 ℃ °C 摄氏度 度C
[temperature difference] K K 1 K
K 1 K
[voltage] V V 1 kg*m**2/A/s**3
uV 1e-06 μV
mV 0.001 mV
V 1 V v 伏 伏特 VDC VAC Vdc Vac
kV 1000 kV KV Kv kv 千伏
[current] A A 1 A
uA 1e-06 μA
mA 0.001 mA
A 1 A 安培
kA 1000 kA KA
[charge] Ah A*hour 3600 A*s
mA*hour 0.001 mAh
A*hour 1 Ah AH ah 安时
[power] kW kW 1000 kg*m**2/s**3
mW 1e-06 mW
W 0.001 W w 瓦
kW 1 kW KW kw Kw 千瓦
MW 1000 MW Mw 兆瓦
GW 1000000 GW 吉瓦
horsepower 0.7456998715822701 马力
[peak power] kWp kW 1000 kg*m**2/s**3
W 0.001 Wp wp WP
kW 1 kWp KWp kWP
MW 1000 MWp
[apparent power] kVA kW 1000 kg*m**2/s**3
W 0.001 VA
kW 1 kVA KVA kva 千伏安
MW 1000 MVA 兆伏安
[reactive power] kvar kW 1000 kg*m**2/s**3
kW 1 kvar kVar kVAR Kvar
MW 1000 Mvar MVar
[energy] kWh kWh 3.6e6 kg*m**2/s**2
J 2.777777777777778e-07 J
kJ 0.0002777777777777778 kJ
Wh 0.001 Wh
kWh 1 kWh KWh kwh 千瓦时
MWh 1000 MWh 兆瓦时
GWh 1000000 GWh
[frequency] Hz Hz 1 1/s
Hz 1 Hz HZ 赫兹
kHz 1000 kHz KHz
MHz 1000000 MHz
GHz 1000000000 GHz
[rotation] r/min 1/min 0.016666666666666666 1/s
1/min 1 r/min rpm RPM 转/分 转/分钟 rev/min
[speed] m/s m/s 1 m/s
mm/s 0.001 mm/s
m/min 0.01666666666666667 m/min 米/分 米/分钟
m/s 1 m/s 米/秒
km/h 0.2777777777777778 km/h 公里/小时 千米/小时
[acceleration] m/s² m/s**2 1 m/s**2
m/s**2 1 m/s² m/s2
[volume flow] m³/h m**3/hour 0.0002777777777777778 m**3/s
mL/min 6e-05 mL/min ml/min
L/min 0.06 L/min l/min 升/分
L/s 3.6 L/s
L/hour 0.001 L/h
m**3/hour 1 m³/h m3/h 立方米/小时
m**3/day 0.04166666666666666 m³/d m3/d 立方米/天 立方米/日
[normal volume] Nm³ m**3 1 m**3
m**3 1 Nm³ Nm3 NM3 标方 标准立方米
[normal volume flow] Nm³/h m**3/hour 0.0002777777777777778 m**3/s
m**3/hour 1 Nm³/h Nm3/h NM3/h nm3/h nm³/h 标方/小时 标准立方米/小时
m**3/min 60 Nm³/min Nm3/min NM3/min 标方/分钟
[mass flow] t/h t/hour 0.2777777777777778 kg/s
kg/hour 0.001 kg/h 公斤/小时
t/hour 1 t/h 吨/小时
t/day 0.04166666666666666 t/d 吨/天 吨/日
[time] s s 1 s
us 1e-06 μs
ms 0.001 ms 毫秒
s 1 s 秒
min 60 min 分钟
hour 3600 h 小时 H
day 86400 天
[ratio] % percent 0.01 1
percent 1 % 个百分点
permille 0.1 ‰
ppm 0.0001 ppm
ppm/1e3 1e-07 ppb
ppm/1e6 1e-10 ppt
[data] GB GB 8e9 bit
MB 0.001 MB
GB 1 GB
TB 1000 TB
PB 1000000 PB
[data rate] Mbps Mbit/s 1e6 bit/s
kbit/s 0.001 kbps Kbps
Mbit/s 1 Mbps Mb/s
Gbit/s 1000 Gbps Gb/s
Tbit/s 1000000 Tbps
[angle] ° degree 0.017453292519943295 rad
arcsecond 0.0002777777777777778 角秒 ″
arcminute 0.01666666666666667 角分 ′
degree 1 ° 度
[resistance] Ω ohm 1 kg*m**2/A**2/s**3
uohm 1e-06 μΩ
mohm 0.001 mΩ
ohm 1 Ω 欧姆
kohm 1000 kΩ
Mohm 1000000 MΩ
[capacitance] μF uF 1e-6 A**2*s**4/kg/m**2
pF 1e-06 pF
nF 0.001 nF
uF 1 μF uF
[level] dB dB
dB 1 dB dB(A) dBA 分贝
[antenna gain] dBi dB
dB 1 dBi
[power level] dBm dB
dB 1 dBm
[density] g/cm³ g/cm**3 1000 kg/m**3
kg/m**3 0.001 kg/m³ kg/m3
g/cm**3 1 g/cm³ g/cm3
[areal density] g/m² g/m**2 0.001 kg/m**2
g/m**2 1 g/m² g/m2 克/平方米
kg/m**2 1000 kg/m² kg/m2
[specific energy] Wh/kg W*hour/kg 3600 m**2/s**2
W*hour/kg 1 Wh/kg
[specific capacity] mAh/g mA*hour/g 3600 A*s/kg
mA*hour/g 1 mAh/g
[heat conductivity] W/(m·K) W/m/K 1 kg*m/K/s**3
W/m/K 1 W/(m·K) W/m·K W/mK W/(m.K) W/m.K
[stiffness] kN/m kN/m 1000 kg/s**2
kN/m 1 kN/m N/mm
[area rate] ha/h hectare/hour 2.7777777777777777 m**2/s
hectare/hour 1 ha/h 公顷/小时
hectare/hour 0.06666666666666667 亩/小时 亩/h
[luminous flux] lm lm 1 cd*rad**2
lm 1 lm 流明
[illuminance] lx lx 1 cd*rad**2/m**2
lx 1 lx lux 勒克斯
[hardness HRC] HRC -
- 1 HRC
[hardness HV] HV -
- 1 HV
[hardness HB] HB -
- 1 HB HBW
[cycles] 次 -
- 1 次 次循环 循环
[image points] 万像素 -
- 1 万像素
"""


def _dimensions(table: str) -> Iterator[Dimension]:
    for block in table.strip().split("[")[1:]:
        head, *rows = block.strip().splitlines()
        name, _, units = head.partition("] ")
        canonical, pint, *base = units.split()
        spellings: dict[str, tuple[str, float]] = {}
        for row in rows:
            unit, factor, *written = row.split()
            spellings |= {spelling: (unit, float(factor)) for spelling in written}
        in_base, exponents = (float(base[0]), _exponents(base[1])) if base else (1.0, None)
        yield Dimension(name, canonical, pint, spellings, in_base, exponents)


def _exponents(units: str) -> dict[str, int]:
    """Of ``kg*m/s**2``: kg 1, m 1, s -2."""
    found = re.findall(r"(^|[*/])([A-Za-z]+)(?:\*\*(\d))?", units)
    return {unit: int(power or 1) * (-1 if sign == "/" else 1) for sign, unit, power in found}


DIMENSIONS = tuple(_dimensions(_TABLE))
UNITS: dict[str, Unit] = {
    spelling: Unit(dimension.name, dimension.canonical, factor)
    for dimension in DIMENSIONS
    for spelling, (_, factor) in dimension.spellings.items()
}
_BY_LENGTH = sorted(UNITS, key=len, reverse=True)
_KNOWN = "|".join(map(re.escape, _BY_LENGTH))
# a compound of known parts: kg/(m2·s)
_FACTORS = r"[A-Za-zμΩ]+[²³23]?(?:[·*][A-Za-zμΩ]+[²³23]?)*"
_COMPOUND = rf"{_FACTORS}/\(?{_FACTORS}\)?"
PATTERN = rf"(?:{_KNOWN})(?![A-Za-zμΩ/²³])|{_COMPOUND}(?![A-Za-z])|(?:{_KNOWN})(?![A-Za-zμΩ])"
_POWERS = {"": 1, "2": 2, "²": 2, "3": 3, "³": 3}
_IN_BASE = {
    spelling: (factor * dimension.in_base, dimension.base)
    for dimension in reversed(DIMENSIONS)  # the first one that has a spelling counts
    if dimension.base is not None
    for spelling, (_, factor) in dimension.spellings.items()
}
_WHOLE = re.compile(_COMPOUND)
_PART = re.compile(r"([A-Za-zμΩ]+)([²³23]?)")


@lru_cache(maxsize=1024)
def unit_of(spelling: str) -> Unit | None:
    """The unit that *spelling* stands for; None where there is none.

    >>> unit_of("kPa").of(6300)
    6.3
    """
    if spelling in UNITS:
        return UNITS[spelling]
    if not _WHOLE.fullmatch(spelling):
        return None
    above, _, below = spelling.partition("/")
    factor, exponents = 1.0, Counter[str]()
    for text, sign in ((above, 1), (below, -1)):
        for part, power in _PART.findall(text):
            if part not in _IN_BASE:
                return None
            in_base, base = _IN_BASE[part]
            times = sign * _POWERS[power]
            factor *= in_base**times
            exponents.update({unit: exponent * times for unit, exponent in base.items()})
    canonical = _written(exponents)
    return Unit(canonical, canonical, factor)


def _written(exponents: Mapping[str, int]) -> str:
    """``kg*m/s**2``, ``1/s``, and nothing for what has no dimension."""
    order = sorted(exponents, key=str.lower)
    powers = {unit: f"{unit}**{abs(exponents[unit])}".removesuffix("**1") for unit in order}
    above = "*".join(powers[unit] for unit in powers if exponents[unit] > 0)
    below = "".join(f"/{powers[unit]}" for unit in powers if exponents[unit] < 0)
    return (above or "1") + below if below else above
