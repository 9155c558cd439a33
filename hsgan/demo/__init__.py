"""The synthetic demo set, made on first use."""
