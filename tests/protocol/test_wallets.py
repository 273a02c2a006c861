"""Wallets by CREATE2, against published vectors of synthetic owners."""

from dataclasses import replace

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from models.enums import ContractKind
from models.wallet_enums import WalletKind
from service.chain.book import mainnet_book
from service.chain.wallet_code import shipped_wallet_code
from service.protocol.contracts import ContractBook, ContractEntry
from service.protocol.ids import address_word, parse_address, to_checksum
from service.protocol.wallets import (
    Recipe,
    deposit_init_code,
    derive,
    derive_all,
    list_recipes,
    proxy_salt,
    safe_salt,
)

RECIPES = list_recipes(mainnet_book(), shipped_wallet_code())
BY_KIND = {recipe.kind: recipe for recipe in RECIPES}
SAFE, PROXY = WalletKind.SAFE, WalletKind.PROXY
UUPS, BEACON = WalletKind.DEPOSIT_UUPS, WalletKind.DEPOSIT_BEACON

A = "0x0000000000000000000000000000000000000001"
B = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
C = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
D = "0xdD2FD4581271e230360230F9337D5c0430Bf44C0"
E = "0xffffffffffffffffffffffffffffffffffffffff"
VECTORS = {
    (A, SAFE): "0x766b6851A199BF91Ae3fa13B1cfaC5187355118f",
    (A, PROXY): "0x7754536ecd85c00b2E0CF9c1aA679340D8550756",
    (A, UUPS): "0x57ffBc34De23124fAeb8387fcd689d314E57aCcD",
    (A, BEACON): "0x94bF330955A0b957662fEaF878dE77bf25f76cD9",
    (B, SAFE): "0xd93B25cb943D14d0d34FBaF01Fc93a0f8b5F6E47",
    (B, PROXY): "0x365f0CA36Ae1f641E02fE3B7743673da42A13A70",
    (B, UUPS): "0xdf8b9E8f9AB23f261F6e1B171B7454ae6E46Ba76",
    (B, BEACON): "0xBc0fF067b7740Eff76C1ca93c875Ba6B890d6B50",
    (C, SAFE): "0x8ac5D4Bd2752AFc9F5CA531f19D617647216B893",
    (C, PROXY): "0xd9d24e482c11F586cd9A1a53dC3eEc6dE3883862",
    (C, UUPS): "0x5F4f45aBd6e86C60B3Df2a4aF103f85256A2Ce6d",
    (C, BEACON): "0x4Fe2CC4925607a473264FA89e7138075695A5F8e",
    (D, SAFE): "0xf506f113b4A1Aa282E74fDcDdf9C9cDc9D48F750",
    (D, PROXY): "0x33644b30068E1a463C4c747088D4e902b0120C1D",
    (D, UUPS): "0x00C6fc1bF02Fe3EB6a924e9794F4f4B0bD7D13ca",
    (E, SAFE): "0xB9a5f0449Db856186d6c86d347B28E18C440594C",
    (E, PROXY): "0x2CDCdEfE9F04b9f78b0573755Ee270d03F2c319c",
    (E, UUPS): "0x5F1b3436c68810d6B8E341EBd9A7AACb5a0ACf05",
}


def wallet_of(owner: str, recipe: Recipe) -> str:
    return to_checksum(derive(parse_address(owner), recipe))


@pytest.mark.parametrize(("owner", "kind"), VECTORS)
def test_a_published_wallet_follows_from_its_owner(owner: str, kind: WalletKind) -> None:
    assert wallet_of(owner, BY_KIND[kind]) == VECTORS[owner, kind]


def test_another_factory_or_implementation_gives_the_published_wallet_of_it() -> None:
    proxy = Recipe(
        PROXY,
        137,
        parse_address("0xEcA1c266193F03d28517a500007738adfb7754d8"),
        parse_address("0x7d5330Fe12E75B5B775036cC1ba39EE546bD3850"),
    )
    uups = Recipe(
        UUPS,
        137,
        parse_address("0x801c740Bcd28531d75a5da176D5511F3329Ab049"),
        parse_address("0x24f3257BF9451bA575E864777ab6f8D7Eac0139B"),
    )
    safe = replace(
        BY_KIND[SAFE], factory=parse_address("0xa6B71E26C5e0845f74c812102Ca7114b6a896AB2")
    )
    assert wallet_of(B, proxy) == "0x03CaCD9b90eDf7E440227faeA044e566247a8635"
    assert wallet_of(B, uups) == "0x3c6D4D368D1Af2C1555Effbf17Da30Add851A6Ae"
    assert wallet_of(B, safe) == "0x76Bef2e2Aa6f92a8DC734e506C38Abe2e5523c11"


def test_the_steps_on_the_way_have_their_published_values() -> None:
    owner = parse_address(A)
    args = address_word(BY_KIND[UUPS].factory) + address_word(owner)
    codes = {kind: deposit_init_code(args, BY_KIND[kind]) for kind in (UUPS, BEACON)}
    salts = [salt.hex() for salt in (safe_salt(owner), proxy_salt(owner), keccak(args))]
    assert [(s[:8], s[-6:]) for s in salts] == [
        ("b10e2d52", "fa0cf6"),
        ("14682880", "6c357d"),
        ("610ad02a", "5dc3c4"),
    ]
    hashes = {kind: keccak(code).hex() for kind, code in codes.items()}
    assert (len(codes[UUPS]), len(codes[BEACON])) == (160, 181)
    assert (hashes[UUPS][:8], hashes[UUPS][-6:]) == ("909c3dc0", "4408c3")
    assert (hashes[BEACON][:8], hashes[BEACON][-6:]) == ("f56b120a", "397004")


def test_the_shipped_book_knows_four_wallets_of_each_account() -> None:
    assert [recipe.kind for recipe in RECIPES] == [SAFE, PROXY, UUPS, BEACON]


@given(st.binary(min_size=20, max_size=20), st.binary(min_size=20, max_size=20))
def test_no_two_accounts_or_recipes_share_a_wallet(one: bytes, other: bytes) -> None:
    found = [w.address for owner in {one, other} for w in derive_all(owner, RECIPES)]
    assert len(set(found)) == len(found)


def test_a_factory_and_a_code_that_were_never_in_force_together_make_no_recipe() -> None:
    [beacon] = [code for code in shipped_wallet_code() if code.kind is BEACON]
    factory = ContractEntry(
        137,
        BY_KIND[BEACON].factory,
        ContractKind.DEPOSIT_WALLET_FACTORY,
        84_900_000,
        to_block=beacon.from_block - 1,
    )
    assert list_recipes(ContractBook((factory,)), [beacon]) == []
    assert list_recipes(ContractBook((replace(factory, to_block=None),)), [beacon]) != []
