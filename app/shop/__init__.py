"""The online shop: storefront, API, worker and administration."""
