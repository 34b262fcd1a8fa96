"""Stand-ins for the channels and the checks that hold an adapter to the port."""
