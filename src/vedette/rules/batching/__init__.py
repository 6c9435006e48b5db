"""When rows become a batch, and what is admitted: pure decisions on a measured batch curve. No clock, no queue."""
