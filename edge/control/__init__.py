"""The agent's local socket, on which a technician's commands ask it how it is:  control.sock, beside the spool.

    siaga-edge status ──{"request":"status"}⏎──► agent       one request a connection
                      ◄──{"gateway":"gw-daruba",…}⏎── ∎      one line, or many for `read`, and the end

paths.py     where the socket is            requests.py  the table of what can be asked: a row each
lines.py     a request and an answer        server.py    the agent's side: bounded, and it never holds the agent up
snapshot.py  what `status` answers          client.py    the command's side: answers, or why there are none

For this machine alone, and of it for the agent's user and group: nothing of what is asked leaves it.
"""
