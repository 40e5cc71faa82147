"""A phrase's wording for the ear: numbers, money, times, addresses and marks as one would say them."""
