"""The groups of intents that the NLU components treat alike (names as in domain.yml)."""

FAQ = frozenset(
    {
        "what_is_it", "procedure", "fear_of_needles", "what_it_treats", "laser_comparison", "downtime", "safety",
        "skin_types", "customization", "results", "aftercare", "sessions", "price", "other_comparison",
        "other_treatment", "contact", "privacy",
    }
)  # fmt: skip
BOOKING = "booking"
ALARM = frozenset({"emergency", "urgent"})
# What only people may answer; with an alarm among them, doubt goes to the higher one.
HEALTH = ALARM | {"candidacy"}
