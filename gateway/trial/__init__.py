"""``gateway.py try``: the whole gateway on this machine, between a private ejabberd and ngIRCd.

story         what is started, in which order; ``main``
proof         what is proven, step by step; a process of its own
resident      somebody on IRC to talk to, after that
people        the user and somebody on IRC, as the proof plays them
ejabberd      the user's Jabber server
ngircd        the network
certificates  for whoever wants TLS
process       child processes, free ports
"""

from gateway.trial.story import main

__all__ = ["main"]
