"""What a gas weighs: from a share of the air (ppb, ppm) to a mass in a cubic metre, at 25 Cel and 1 atm.

ug/m3 = ppb * M / 24.45        M in g/mol, from IUPAC's atomic weights; 24.45 L/mol is the molar volume there
"""

MOLAR_MASS_G = {
    "o3": 48.00, "no2": 46.01, "so2": 64.07, "co": 28.01, "co2": 44.01, "formaldehyde": 30.03,
    "h2s": 34.08, "nh3": 17.03, "ch4": 16.04, "no": 30.01,
}  # fmt: skip
MOLAR_VOLUME_L = 24.45
