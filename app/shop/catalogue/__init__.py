"""What the shop sells: categories, products with variants, search and facets."""
