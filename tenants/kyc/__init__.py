"""Identity documents of an organization, and the billing name that they lock."""
