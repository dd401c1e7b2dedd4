"""firmware/ as an installed package. Its name differs from its folder's, which type checkers do not follow."""
