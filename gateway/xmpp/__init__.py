"""The XMPP side: everything that knows stanzas, and nothing that knows a network.

component  the stream to the XMPP server: connect, read, write, reconnect, lose nothing
router     each stanza to whom it concerns
users      one user of ours: resources, accounts, what waits for the store
bridge     one legacy session as its user sees it: events to stanzas, stanzas to commands
rooms      rooms as XEP-0045
stanzas    stanzas as text that cannot be malformed
jid        addresses
"""
