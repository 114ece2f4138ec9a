"""The page on the gateway's own address: what `siaga-edge status` shows, for whoever stands beside it with a phone.

status_page.py   the requests: /, /status.json     access.py   who may read it, in which language
document.py      StatusView ─► HTML               style.css   how it looks; no script is anywhere

[page] of edge.toml turns it on; without it nothing here is loaded. It only shows: docs/decisions/0076.
"""
