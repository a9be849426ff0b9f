"""``gateway.py try``: the whole gateway on this machine, between a private ejabberd and ngIRCd.

process   child processes, free ports
ejabberd  the user's Jabber server
ngircd    the network
story     what is proven, step by step
"""
