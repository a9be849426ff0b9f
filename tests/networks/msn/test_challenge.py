"""Answers to challenges: vectors that others published."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks.msn.challenge import MSNP13, MSNP15, PRODUCTS, Product, answer

OLD = Product("PROD0090YUAUV{2B", "YMM8C_H7KCQ2S_KL")
WEB = Product("PROD0113H11T8$X_", "RG@XY*28Q5QHS%Q5")


@pytest.mark.parametrize(
    ("challenge", "product", "answered"),
    [
        ("22210219642164014968", OLD, "85ecb0db8f32113df79ce0892b9a102c"),
        ("36819795137093047918", OLD, "e7ad3cb09d3e9e4e7c720175984809e9"),
        ("21948129323261853323", OLD, "59bcf63ed21f44906c3d3e121ddbed65"),
        ("11533365622852247127", WEB, "f086d1ded067186deca8dba2231602cf"),
        ("237191752526424888127371168", WEB, "65b6b623c649c25629af048d34066040"),
        ("18433987171126167587", MSNP15, "f77997467da14e7f69001a633f9efc79"),
    ],
)
def test_published(challenge: str, product: Product, answered: str) -> None:
    """The last one was taken by a server."""
    assert answer(challenge, product) == answered


def test_products() -> None:
    assert PRODUCTS["MSNP15"] == MSNP15
    assert PRODUCTS["MSNP14"] == PRODUCTS["MSNP13"] == MSNP13


@given(st.text(max_size=60))
def test_any_challenge_has_an_answer(challenge: str) -> None:
    assert re.fullmatch("[0-9a-f]{32}", answer(challenge, MSNP15))
