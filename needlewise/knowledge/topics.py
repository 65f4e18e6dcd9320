"""The topics that visitors ask about. The ids are the contract's, and the names of the FAQ intents."""

TOPICS = (
    "what_is_it",
    "procedure",
    "fear_of_needles",
    "what_it_treats",
    "laser_comparison",
    "downtime",
    "safety",
    "skin_types",
    "customization",
    "results",
    "aftercare",
    "sessions",
    "price",
    "other_comparison",
    "other_treatment",
    "contact",
    "privacy",
)

# Offered when the assistant has no idea which topic was meant.
USUAL_TOPICS = ("what_is_it", "what_it_treats", "downtime")
