"""Campaigns: many scenarios drawn from one declared distribution, each judged by an oracle, kept as Parquet."""
