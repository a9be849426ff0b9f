"""ICQ: OSCAR for people with numbers."""

from networks.oscar import network
from networks.oscar.ids import Service

NETWORK = network(Service.ICQ, "ICQ")
