"""Every Policy parameter (organizations, section 18; subscriptions, section 16) with its values. Data only."""

from collections.abc import Mapping

from tenants.policy_parameters.definition import Parameter, Preset
from tenants.policy_parameters.kinds import JsonValue, Kind, ValueRefused
from tenants.policy_parameters.money import MONEY_PARAMETERS
from tenants.policy_parameters.organizations import ORGANIZATION_PARAMETERS
from tenants.policy_parameters.subscriptions import SUBSCRIPTION_PARAMETERS
from tenants.policy_parameters.tables import Hold, HoldCause

PARAMETERS: Mapping[str, Parameter] = {
    each.name: each for each in (*ORGANIZATION_PARAMETERS, *SUBSCRIPTION_PARAMETERS, *MONEY_PARAMETERS)
}
"""All of them by name."""

__all__ = ["PARAMETERS", "Hold", "HoldCause", "JsonValue", "Kind", "Parameter", "Preset", "ValueRefused"]
