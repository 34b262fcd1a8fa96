"""The pace of this process's calls: budgets counted in Redis, and what is seen of the channels meanwhile."""
