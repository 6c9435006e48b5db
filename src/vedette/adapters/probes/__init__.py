"""What this machine and this Python offer: processor, cores, quota, memory, packages, runtimes, devices.

Each probe reads and reports. It decides nothing (`rules` does) and changes nothing; what is absent comes back as a
reason, never as a zero.
"""
