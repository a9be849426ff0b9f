"""MSN Messenger: MSNP15 with its SOAP services.

challenge, sso                what proves who we are
xml, soap, abservice          the services over HTTP
memberships, addressbook      who may see whom, contacts and groups
lists, mime, text, personal   payloads: lists, messages, and what stands under names
"""
