"""What every page of the console stands in: visits, fragments, forms, and the channel by which an open page stays true.

GET  /console/en/alarms ─► ConsolePage.show(visit) ─► fragments ─► HTML          nothing of it stays on the server
     the same, text/event-stream ─► LiveChannels: each fragment that changed, rendered once for all who look at the same
POST /console/en/alarms/acknowledge ─► an action of the page ─► 303 back and a sentence; or the page again, with why not
"""
