"""The numbers of the priors with where they come from."""

from service.risk.explain.priors_text import list_prior_numbers, shipped_priors


def test_numbers_without_a_row_of_their_own_carry_the_comment_above_them() -> None:
    numbers = {(n.section, n.name): n for n in list_prior_numbers(shipped_priors())}
    refund = numbers["belief", "ln_lr_refund"]
    assert (refund.value, refund.n, refund.tag, refund.assumed) == (3.0, None, "A", True)
    assert refund.source is not None
    assert refund.source.startswith("ln of how much likelier a refund")
    assert numbers["override", "cap"].tag == "A"
    assert numbers["override", "flag_manual"].tag == "A"
    assert numbers["cells", "own_data_disputes"].tag is None
    assert numbers["sampling", "draws"].assumed is None
    assert isinstance(numbers["hazard", "cumulative"].value, tuple)
    assert numbers["version.oov2", "a1w"].value == 8.09e-4
