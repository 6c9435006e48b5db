"""Sandboxes: a share of the cores, a binding to cores and a memory limit for one process.

They do not know what runs in them. `cgroup` enforces all three where there are rights for it; `limits` enforces what
any user may; `none` enforces nothing, and says so.
"""
