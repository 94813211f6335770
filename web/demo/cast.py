"""Who is in the demo and what is sold: plain data."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seller:
    """A reseller: where it trades, which preset it applies, its markup in percent, and how many customers it has."""

    name: str
    preset: str | None
    country: str
    currency: str
    timezone: str
    owner: tuple[str, str]
    domain: str
    customers: int
    markup: int
    under: str | None = None
    offers_trials: bool = True


@dataclass(frozen=True, slots=True)
class Ware:
    """A plan of the operator's with its price to resellers, per month in units of their currency."""

    product: str
    category: str
    plan: str
    monthly: dict[str, int]
    account_role: str | None = None


OPERATOR = ("Tenantry Demo Operator", "SG", "SGD", "Asia/Singapore")

SELLERS = (
    Seller("Skyline Telephony (B3Networks rules)", "b3networks", "SG", "SGD", "Asia/Singapore", ("Ada", "Lim"),
           "skyline.example", 60, 30),
    Seller("Bharat Voice (MyOperator rules)", "myoperator", "IN", "INR", "Asia/Kolkata", ("Asha", "Rao"),
           "bharat.example", 50, 25),
    Seller("Heyo Desk (Heyo rules)", "heyo", "IN", "INR", "Asia/Kolkata", ("Ravi", "Iyer"), "heyo.example", 40, 20),
    Seller("Card House (PortaBilling rules)", "portabilling", "US", "USD", "America/New_York", ("Carl", "Jones"),
           "cards.example", 40, 40, offers_trials=False),
    Seller("Skyline North", None, "SG", "SGD", "Asia/Singapore", ("Nora", "Tan"), "north.example", 40, 15,
           under="skyline.example"),
    Seller("Skyline Marina", None, "SG", "SGD", "Asia/Singapore", ("Max", "Ong"), "marina.example", 20, 10,
           under="north.example"),
    Seller("Bharat South", None, "IN", "INR", "Asia/Kolkata", ("Sita", "Nair"), "south.example", 30, 15,
           under="bharat.example"),
    Seller("Corner Cards", None, "US", "USD", "America/New_York", ("Cody", "Hall"), "corner.example", 20, 15,
           under="cards.example", offers_trials=False),
)  # fmt: skip

WARES = (
    Ware("Cloud Telephony", "TELEPHONY", "Telephony Basic", {"SGD": 20, "INR": 900, "USD": 15}),
    Ware("Cloud Telephony", "TELEPHONY", "Telephony Team", {"SGD": 60, "INR": 2400, "USD": 45}),
    Ware("Call Centre", "CALL_CENTRE", "Call Centre", {"SGD": 120, "INR": 4500, "USD": 90}),
    Ware("Prepaid Card", "CARDS", "Easy Card", {"SGD": 8, "INR": 300, "USD": 5}, "PREPAID_CARD"),
)

TRADES = ("Bakery", "Clinic", "Studio", "Logistics", "Hotel", "School", "Garage", "Bookshop", "Law Office", "Pharmacy")
TOWNS = ("Riverside", "Hillside", "Harbour", "Old Town", "Garden", "Station", "Market", "Bridge", "Lake", "Park")


def customer_name(number: int) -> str:
    """The name of the customer with that number; the first one is Acme."""
    if number == 0:
        return "Acme"
    return f"{TOWNS[number % 10]} {TRADES[(number // 10) % 10]} {number}"
