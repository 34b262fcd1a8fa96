"""What a single machine needs: private PostgreSQL and Redis, and the keeping of our own processes."""
