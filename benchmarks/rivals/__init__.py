"""Programs that do less than a gateway, for comparison.

    python NAME.py DOMAIN XMPP_PORT IRC_PORT SESSIONS

Each connects as the component DOMAIN and as the IRC users n0, n1 …, and passes messages on: from
anybody to n7 as from that person to u7@example.org, and back.  Nothing else: no queues with an end,
no confirmations, no errors, no rooms.
"""
