"""What may be set, and what is refused with which code (POL-1 to POL-3); bounds as data."""

from collections.abc import Callable

import pytest

from core.refusals import Refused
from tenants.policy.policy_bounds import PolicyBound, admits, cut, read_bound
from tenants.policy.policy_changes import check_cleared, read_policy_bounds, read_policy_values, read_preset
from tenants.policy.policy_resolution import PolicyLayer
from tenants.policy_parameters import PARAMETERS, JsonValue, Preset, ValueRefused

O = PolicyLayer("O")  # noqa: E741  (the fixture's name)
R1 = PolicyLayer("R1")


def refused(command: Callable[[], object]) -> list[tuple[str, tuple[str, ...] | None]]:
    """Codes and fields of the refusal."""
    with pytest.raises(Refused) as caught:
        command()
    return [(blocker.code, blocker.field) for blocker in caught.value.blockers]


def test_pol_3_values_are_read_into_their_canonical_form() -> None:
    raw = {"minTopUp": "1500.00", "adminMayGrant": ["MEMBER", "BILLING"], "suspendedDays": None}
    assert read_policy_values(raw, (R1, O)) == {
        "minTopUp": "1500",
        "adminMayGrant": ["BILLING", "MEMBER"],
        "suspendedDays": None,
    }


def test_pol_3_all_bad_parameters_are_named_at_once() -> None:
    raw = {"xyz": 1, "lockoutAttempts": 5, "invitationDays": "ten", "graceDays": 3, "quoteMinutes": 0}
    assert refused(lambda: read_policy_values(raw, (R1, O))) == [
        ("POLICY_OPERATOR_ONLY", ("values", "lockoutAttempts")),
        ("POLICY_UNKNOWN", ("values", "xyz")),
        ("POLICY_VALUE_INVALID", ("values", "invitationDays")),
        ("POLICY_VALUE_INVALID", ("values", "quoteMinutes")),
    ]


def test_pol_1_the_operator_sets_its_own_parameters() -> None:
    assert read_policy_values({"lockoutAttempts": 3}, (O,)) == {"lockoutAttempts": 3}
    assert refused(lambda: read_policy_values({"lockoutAttempts": 2}, (O,))) == [
        ("POLICY_VALUE_INVALID", ("values", "lockoutAttempts"))
    ]


def test_pol_2_locked_and_out_of_bounds_are_named_at_once_after_the_input() -> None:
    # given bounds and locks of the operator
    bounds = {
        "graceDays": PolicyBound(maximum=5),
        "trialDays": PolicyBound(minimum=1),
        "finalState": PolicyBound(is_locked=True),
        "quoteMinutes": PolicyBound(maximum=60),
    }
    layers = (R1, PolicyLayer("O", bounds=bounds))

    # when R1 sets values outside of them
    raw: dict[str, object] = {"graceDays": 6, "trialDays": 0, "finalState": "TERMINATED", "quoteMinutes": 60}

    # then all are named
    assert refused(lambda: read_policy_values(raw, layers)) == [
        ("POLICY_LOCKED", ("values", "finalState")),
        ("POLICY_OUT_OF_BOUNDS", ("values", "graceDays")),
        ("POLICY_OUT_OF_BOUNDS", ("values", "trialDays")),
    ]
    # and a wrong type stops before that
    assert refused(lambda: read_policy_values(raw | {"graceDays": "6"}, layers)) == [
        ("POLICY_VALUE_INVALID", ("values", "graceDays"))
    ]
    # and inside of them it is taken
    assert read_policy_values({"graceDays": 5, "trialDays": 1}, layers) == {"graceDays": 5, "trialDays": 1}


def test_pol_2_a_value_for_one_buyer_keeps_the_setters_own_bounds_but_not_its_lock() -> None:
    # given R1's own bound and lock for those below
    own = {"graceDays": PolicyBound(maximum=5), "trialDays": PolicyBound(is_locked=True)}
    layers = (PolicyLayer("R1", bounds=own), O)

    # then R1's own value is free, that for one buyer is bound, and its lock binds neither
    assert read_policy_values({"graceDays": 6}, layers) == {"graceDays": 6}
    assert refused(lambda: read_policy_values({"graceDays": 6}, layers, for_buyer=True)) == [
        ("POLICY_OUT_OF_BOUNDS", ("values", "graceDays"))
    ]
    assert read_policy_values({"trialDays": 6}, layers, for_buyer=True) == {"trialDays": 6}


def test_pol_2_the_nearest_broken_bound_is_told_once() -> None:
    layers = (
        PolicyLayer("R1a"),
        PolicyLayer("R1", bounds={"graceDays": PolicyBound(maximum=5)}),
        PolicyLayer("O", bounds={"graceDays": PolicyBound(maximum=3)}),
    )
    with pytest.raises(Refused) as caught:
        read_policy_values({"graceDays": 6}, layers)
    (blocker,) = caught.value.blockers
    assert blocker.details == {
        "parameter": "graceDays",
        "bound": {"minimum": None, "maximum": 5, "allowed": None, "isLocked": False},
    }


def test_pol_2_bounds_are_read_and_refused_like_values() -> None:
    # given a lock of the operator
    layers = (R1, PolicyLayer("O", bounds={"trialDays": PolicyBound(is_locked=True)}))

    # then R1 bounds what is free
    assert read_policy_bounds({"graceDays": {"maximum": 5}}, layers) == {"graceDays": PolicyBound(maximum=5)}

    # and the refusals are those of values
    bad = {"xyz": {}, "lockoutMinutes": {"maximum": 20}, "graceDays": {"maximum": "5"}}
    assert [code for code, _ in refused(lambda: read_policy_bounds(bad, layers))] == [
        "POLICY_OPERATOR_ONLY",
        "POLICY_UNKNOWN",
        "POLICY_VALUE_INVALID",
    ]
    assert refused(lambda: read_policy_bounds({"trialDays": {"isLocked": True}}, layers)) == [
        ("POLICY_LOCKED", ("bounds", "trialDays"))
    ]


def test_taking_a_value_back_needs_the_same_right() -> None:
    layers = (R1, PolicyLayer("O", bounds={"trialDays": PolicyBound(is_locked=True)}))
    check_cleared(["graceDays"], layers)
    assert refused(lambda: check_cleared(["xyz", "lockoutMinutes"], layers)) == [
        ("POLICY_OPERATOR_ONLY", ("clear", "lockoutMinutes")),
        ("POLICY_UNKNOWN", ("clear", "xyz")),
    ]
    assert refused(lambda: check_cleared(["trialDays"], layers)) == [("POLICY_LOCKED", ("clear", "trialDays"))]


def test_pol_3_presets_are_known_by_name() -> None:
    assert read_preset("heyo") is Preset.HEYO
    assert refused(lambda: read_preset("HEYO")) == [("PRESET_UNKNOWN", ("preset",))]


ACCEPTED_BOUNDS = [
    ("graceDays", {"minimum": 1, "maximum": 1}, PolicyBound(1, 1)),
    ("graceDays", {"minimum": 1, "maximum": None}, PolicyBound(1)),
    ("minBalance", {"maximum": "0.00"}, PolicyBound(maximum="0")),
    ("tdsPercent", {"maximum": "2.5"}, PolicyBound(maximum="2.5")),
    ("shortfall", {"allowed": ["FAIL"]}, PolicyBound(allowed=("FAIL",))),
    ("renewRoles", {"allowed": ["ADMIN", "OWNER"]}, PolicyBound(allowed=("OWNER", "ADMIN"))),
    ("pricingModelDefault", {"allowed": ["APP"]}, PolicyBound(allowed=("APP",))),
    ("allowRefund", {"isLocked": True}, PolicyBound(is_locked=True)),
]


@pytest.mark.parametrize(("name", "raw", "bound"), ACCEPTED_BOUNDS)
def test_a_bound_is_read_and_written_alike(name: str, raw: object, bound: PolicyBound) -> None:
    assert read_bound(PARAMETERS[name], raw) == bound
    assert read_bound(PARAMETERS[name], bound.as_json()) == bound


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("graceDays", 5),
        ("graceDays", {}),
        ("graceDays", {"isLocked": False}),
        ("graceDays", {"isLocked": 1}),
        ("graceDays", {"most": 5}),
        ("graceDays", {"maximum": "5"}),
        ("graceDays", {"minimum": 6, "maximum": 5}),
        ("graceDays", {"allowed": [5]}),
        ("allowRefund", {"minimum": False}),
        ("shortfall", {"maximum": "FAIL"}),
        ("shortfall", {"allowed": []}),
        ("shortfall", {"allowed": ["OTHER"]}),
        ("deletionReverseDays", {"maximum": 366}),
    ],
)
def test_what_is_no_bound(name: str, raw: object) -> None:
    with pytest.raises(ValueRefused):
        read_bound(PARAMETERS[name], raw)


@pytest.mark.parametrize(
    ("name", "bound", "value", "expected"),
    [
        ("graceDays", PolicyBound(1, 5), 0, 1),
        ("graceDays", PolicyBound(1, 5), 5, 5),
        ("graceDays", PolicyBound(1, 5), 6, 5),
        ("graceDays", PolicyBound(minimum=3), 9, 9),
        ("graceDays", PolicyBound(is_locked=True), 9, 9),
        ("minBalance", PolicyBound(minimum="-5"), "-10.5", "-5"),
        ("suspendedDays", PolicyBound(1, 90), None, 90),
        ("suspendedDays", PolicyBound(minimum=1), None, 1),
        ("shortfall", PolicyBound(allowed=("FAIL",)), "DAILY_REDUCTION", "FAIL"),
        ("shortfall", PolicyBound(allowed=("FAIL",)), "FAIL", "FAIL"),
        ("pricingModelDefault", PolicyBound(allowed=("APP",)), None, "APP"),
        ("renewRoles", PolicyBound(allowed=("OWNER",)), ["OWNER", "ADMIN"], ["OWNER"]),
    ],
)
def test_a_value_is_cut_to_the_nearest_inside(
    name: str, bound: PolicyBound, value: JsonValue, expected: JsonValue
) -> None:
    assert cut(PARAMETERS[name], bound, value) == expected
    assert admits(PARAMETERS[name], bound, value) is (value == expected)
