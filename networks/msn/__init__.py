"""MSN Messenger: MSNP15 with its SOAP services.

challenge, sso                  what proves who we are
xml, soap, abservice            the services over HTTP
memberships, addressbook, oim   who may see whom, contacts and groups, offline messages
lists, mime, text, personal     payloads: lists, messages, and what stands under names
msnobject, slp, p2p, peer       display pictures, from one client to the other
"""
