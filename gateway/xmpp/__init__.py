"""The XMPP side: everything that knows stanzas, and nothing that knows a network.

component    the stream to the XMPP server: connect, read, write, reconnect, lose nothing
router       each stanza to whom it concerns
users        one user of ours: resources, accounts, what waits for the store
bridge       one legacy session as its user sees it: events to stanzas, stanzas to commands
  attendance   whether it is to be online
  credentials  what it logs in with
  chats        messages between two people
  contacts     people in the roster: subscriptions, presence; ``placement`` puts them there
  roomlist     rooms: entering, leaving, coming back; ``rooms`` is one of them
xeps         the small files that answer IQs, each named after what its XEP does
stanzas      stanzas as text that cannot be malformed
jid          addresses
"""
