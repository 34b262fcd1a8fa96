"""Queue workers: the broker, thin actors, and the scheduler that feeds them."""
