"""All queries and mutations of billing in one place, for the root of the schema."""

import strawberry

from graph.resolvers.alerts import AlertMutations, AlertQueries
from graph.resolvers.auto_renew import AutoRenewMutations
from graph.resolvers.buyer_terms import BuyerTermsMutations
from graph.resolvers.catalogue import CatalogueMutations
from graph.resolvers.money_queries import MoneyQueries
from graph.resolvers.payments import PaymentMutations
from graph.resolvers.plan_changes import PlanChangeMutations, PlanChangeQueries
from graph.resolvers.price_lists import PriceListMutations
from graph.resolvers.purchase import PurchaseMutations, PurchaseQueries
from graph.resolvers.refund import RefundMutations, RefundQueries
from graph.resolvers.renewals import RenewalMutations, RenewalQueries
from graph.resolvers.reversals import ReversalMutations
from graph.resolvers.subscription_transfer import SubscriptionTransferMutations
from graph.resolvers.trial import TrialMutations
from graph.resolvers.wallet_terms import WalletTermsMutations
from graph.resolvers.wallets import WalletMutations


@strawberry.type
class BillingQueries(MoneyQueries, AlertQueries, PurchaseQueries, RenewalQueries, PlanChangeQueries, RefundQueries):
    pass


@strawberry.type
class BillingMutations(
    CatalogueMutations,
    PriceListMutations,
    BuyerTermsMutations,
    PurchaseMutations,
    RenewalMutations,
    AutoRenewMutations,
    TrialMutations,
    PlanChangeMutations,
    RefundMutations,
    SubscriptionTransferMutations,
    PaymentMutations,
    WalletMutations,
    WalletTermsMutations,
    ReversalMutations,
    AlertMutations,
):
    pass
