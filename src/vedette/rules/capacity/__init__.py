"""What a job takes: time, money, energy."""
