"""AIM: OSCAR for people with screen names."""

from networks.oscar import network
from networks.oscar.ids import Service

NETWORK = network(Service.AIM, "AIM")
