"""The ngIRCd that ``gateway.py try`` uses too."""

from gateway.trial.ngircd import OPERATOR, Ngircd, ngircd

__all__ = ["OPERATOR", "Ngircd", "ngircd"]
