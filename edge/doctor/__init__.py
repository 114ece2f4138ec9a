"""Is all well with this gateway, and if not, what is to be done?  siaga-edge doctor

machine.py  disk, card, clock, power        sources.py  each source: as the running agent sees it, or listened to
modem.py    network, SIM, plan, SMS
cloud.py    link, acks, what was refused    finding.py  pass, warn or fail, a sentence, and how all of it is written

An agent that runs is asked over its control socket: nothing is taken from it, no port and no login.
"""
