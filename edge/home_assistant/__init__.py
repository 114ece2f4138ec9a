"""What a Home Assistant nearby is given of this gateway: an outlet beside the uplink, on which nothing waits.

discovery.py the announcements   current_values.py what is due, and when   outlet.py the session with its broker
"""
