"""Channel adapters: one folder per channel, no database, no queue. Start at ``adapters.base``."""
