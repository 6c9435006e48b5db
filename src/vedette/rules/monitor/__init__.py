"""What the monitor's samples say: rates of counters, shares of the machine, energy. Nothing is read here."""
