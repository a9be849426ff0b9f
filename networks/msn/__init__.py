"""MSN Messenger: MSNP15 with its SOAP services.

challenge, sso               what proves who we are
soap, addressbook, oim       the services over HTTP: lists, offline messages
mime, text, personal         what is in messages, and under names
"""
