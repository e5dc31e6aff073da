"""Enterprise and government accounts: discrete deals, queues, contracts, revenue by channel."""
