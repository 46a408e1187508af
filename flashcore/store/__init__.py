"""The only package that knows SQL: the tables, the transactions, the questions asked of them."""
