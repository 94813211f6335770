"""The commands that need an idempotency key, by the name under which the key is stored (MON-6). Runs nothing."""

MONEY_COMMANDS = frozenset(
    {
        "purchaseSubscription",
        "renewSubscription",
        "renewSubscriptions",
        "recoverSubscription",
        "extendSubscription",
        "reactivateSubscription",
        "changeSubscription",
        "refundSubscription",
        "recordPayment",
        "confirmPayment",
        "declinePayment",
        "issueCredit",
        "takeBackCredit",
        "reverseTransaction",
        "switchWalletMode",
    }
)
"""Their keys never expire: a repetition must find the first answer, however late it comes."""
