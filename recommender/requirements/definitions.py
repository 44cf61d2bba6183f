"""The units that :mod:`recommender.requirements.units` names, as pint defines them.

Pint's own list has many times as many and takes 0.13 s to read, which a refresh would pay for the first
compound unit that it meets. The lines are pint's (``default_en.txt``, ``constants_en.txt``), without the
names that nobody asks for; a test finds every unit equal to that of the whole list.
"""

DEFINITIONS = """
@defaults
    group = international
    system = mks
@end
giga- = 1e9 = G-
kilo- = 1e3 = k-
deci- = 1e-1 = d-
mega- = 1e6 = M-
peta- = 1e15 = P-
tera- = 1e12 = T-
centi- = 1e-2 = c-
hecto- = 1e2 = h-
milli- = 1e-3 = m-
nano- = 1e-9 = n-
pico- = 1e-12 = p-
micro- = 1e-6 = u-
meter = [length] = m
second = [time] = s
ampere = [current] = A
candela = [luminosity] = cd
gram = [mass] = g
kelvin = [temperature]; offset: 0 = K
radian = [] = rad
bit = []
pi = 3.1415926535897932384626433832795028841971693993751 = π
degree = π / 180 * radian
arcminute = degree / 60
arcsecond = arcminute / 60
steradian = radian ** 2
byte = 8 * bit = B
percent = 0.01
permille = 0.001
ppm = 1e-6
angstrom = 1e-10 * meter
metric_ton = 1e3 * kilogram = t
minute = 60 * second = min
hour = 60 * minute = h
day = 24 * hour
are = 100 * meter ** 2
hectare = 100 * are
liter = decimeter ** 3 = L
hertz = 1 / second = Hz
newton = kilogram * meter / second ** 2 = N
standard_gravity = 9.80665 m/s^2 = g_0
force_kilogram = g_0 * kilogram = kgf
joule = newton * meter = J
watt = joule / second = W
watt_hour = watt * hour = Wh
pascal = newton / meter ** 2 = Pa
bar = 1e5 * pascal
lumen = candela * steradian = lm
lux = lumen / meter ** 2 = lx
coulomb = ampere * second = C
volt = joule / coulomb = V
ohm = volt / ampere
farad = coulomb / volt = F
yard = 0.9144 * meter
foot = yard / 3
inch = yard / 36
pound = 7e3 * grain
grain = 64.79891 * milligram
force_pound = g_0 * pound
pound_force_per_square_inch = force_pound / inch ** 2 = psi
horsepower = 550 * foot * force_pound / second
@group international
@end
@system mks using international
    meter
    kilogram
    second
@end
"""
