"""A new model out of what staff taught: trained aside, compared with the one in use, published, taken back."""
