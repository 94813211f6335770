"""A charge's tax as it is stored and read again (MON-83): later rules never change it. Computes no tax."""

import json
from fractions import Fraction

from billing.percent_text import percent_text
from billing.tax import TaxAmount, TaxedAmount


def taxes_json(taxed: TaxedAmount) -> str:
    """The components as the JSON text of `segment_charge.taxes`; amounts in micros, the percentage as decimal text."""
    return json.dumps(
        [
            {
                "component": tax.component,
                "percent": percent_text(tax.percent),
                "baseMicros": tax.base_micros,
                "amountMicros": tax.amount_micros,
                "country": tax.country,
                "state": tax.state,
            }
            for tax in taxed.taxes
        ]
    )


def taxed_amount(net_micros: int, taxes: str) -> TaxedAmount:
    """The net and its tax as charged, of the columns `net_micros` and `taxes` (JSON text)."""
    return TaxedAmount(
        net_micros,
        tuple(
            TaxAmount(
                each["component"], Fraction(each["percent"]), each["baseMicros"], each["amountMicros"],
                each["country"], each["state"],
            )
            for each in json.loads(taxes)
        ),
    )  # fmt: skip
