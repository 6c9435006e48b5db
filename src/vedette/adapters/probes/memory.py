"""What memory is used for, and what the kernel did to manage it.

/proc/meminfo  MemAvailable:  24110236 kB  -> memory.available, in bytes
/proc/vmstat   pgmajfault 26140            -> vm.major_faults
"""

from __future__ import annotations

import os
from pathlib import Path

from vedette.adapters.probes.words import Field, Group, WordsProbe, keyed
from vedette.values.reading import Pace

_KB = 1024.0
_PAGE = float(os.sysconf("SC_PAGE_SIZE")) if hasattr(os, "sysconf") else 4096.0


def _memory(key: str, name: str, meaning: str) -> Field:
    return Field(key, name, "bytes", meaning, _KB)


def _pages(key: str, name: str, meaning: str, *, grows: bool = False) -> Field:
    return Field(key, name, "bytes", meaning, _PAGE, grows=grows)


def _events(key: str, name: str, meaning: str) -> Field:
    return Field(key, name, "count", meaning, grows=True)


MEMORY = Group(
    "memory",
    "/proc/meminfo",
    Pace.SLOW,
    (
        _memory("MemTotal", "total", "memory that the kernel manages"),
        _memory("MemFree", "free", "memory that is used for nothing"),
        _memory("MemAvailable", "available", "memory that programs could get without swapping, as the kernel reckons"),
        _memory("Buffers", "buffers", "blocks of disks held in memory"),
        _memory("Cached", "cached", "pages of files held in memory, shared memory included"),
        _memory("SwapCached", "swap_cached", "pages that are in memory and in swap"),
        _memory("Active", "active", "pages used of late"),
        _memory("Inactive", "inactive", "pages not used of late: the first to be given up"),
        _memory("Active(anon)", "active_anonymous", "pages of no file, used of late"),
        _memory("Inactive(anon)", "inactive_anonymous", "pages of no file, not used of late"),
        _memory("Active(file)", "active_file", "pages of files, used of late"),
        _memory("Inactive(file)", "inactive_file", "pages of files, not used of late"),
        _memory("Unevictable", "unevictable", "pages that cannot be given up"),
        _memory("Mlocked", "locked", "pages that programs locked in memory"),
        _memory("SwapTotal", "swap_total", "swap that there is"),
        _memory("SwapFree", "swap_free", "swap that is free"),
        _memory("Zswap", "zswap", "memory that holds compressed swap"),
        _memory("Zswapped", "zswapped", "what lies in it, before compression"),
        _memory("Dirty", "dirty", "pages of files that still have to be written to disk"),
        _memory("Writeback", "writeback", "pages that are being written to disk now"),
        _memory("AnonPages", "anonymous", "pages of no file that programs have mapped: heaps and stacks"),
        _memory("Mapped", "mapped", "pages of files that programs have mapped: libraries, weights"),
        _memory("Shmem", "shared", "shared memory and files of tmpfs"),
        _memory("KReclaimable", "kernel_reclaimable", "kernel memory that can be given up"),
        _memory("Slab", "slab", "caches of kernel objects"),
        _memory("SReclaimable", "slab_reclaimable", "the part of them that can be given up"),
        _memory("SUnreclaim", "slab_unreclaimable", "the part of them that cannot"),
        _memory("KernelStack", "kernel_stacks", "stacks of tasks in the kernel"),
        _memory("PageTables", "page_tables", "tables from addresses to pages"),
        _memory("SecPageTables", "secondary_page_tables", "the same for virtual machines and devices"),
        _memory("Bounce", "bounce", "copies for devices that do not reach all memory"),
        _memory("CommitLimit", "commit_limit", "what programs may be promised when promises are strict"),
        _memory("Committed_AS", "committed", "what programs have been promised"),
        _memory("VmallocUsed", "kernel_mapped", "memory in the kernel's own address space"),
        _memory("Percpu", "per_cpu", "kernel data held once a processor"),
        _memory("AnonHugePages", "huge_anonymous", "transparent huge pages of no file"),
        _memory("ShmemHugePages", "huge_shared", "huge pages of shared memory"),
        _memory("FileHugePages", "huge_file", "huge pages of files"),
        _memory("HugePages_Total", "huge_reserved_pages", "huge pages set aside")._replace(unit="count", scale=1.0),
        _memory("HugePages_Free", "huge_free_pages", "those that are free")._replace(unit="count", scale=1.0),
        _memory("Hugetlb", "huge_reserved", "memory set aside for huge pages of every size"),
        _memory("DirectMap4k", "mapped_4k", "memory that the kernel maps in pages of 4 kB"),
        _memory("DirectMap2M", "mapped_2m", "memory that it maps in pages of 2 MB"),
        _memory("DirectMap1G", "mapped_1g", "memory that it maps in pages of 1 GB"),
    ),
)
VM = Group(
    "vm",
    "/proc/vmstat",
    Pace.SLOW,
    (
        _events("pgfault", "faults", "page faults of every kind"),
        _events("pgmajfault", "major_faults", "page faults that had to read a disk"),
        _events("pgreuse", "reused", "pages written anew without a copy"),
        Field("pgpgin", "paged_in", "bytes", "read from disks", _KB, grows=True),
        Field("pgpgout", "paged_out", "bytes", "written to disks", _KB, grows=True),
        _pages("pswpin", "swapped_in", "brought back from swap", grows=True),
        _pages("pswpout", "swapped_out", "moved to swap", grows=True),
        _events("pgalloc_dma", "allocated_dma", "pages given out of the lowest 16 MB"),
        _events("pgalloc_dma32", "allocated_dma32", "pages given out of the lowest 4 GB"),
        _events("pgalloc_normal", "allocated_normal", "pages given out of the memory above"),
        _events("pgalloc_movable", "allocated_movable", "pages given out that can be moved"),
        _events("pgfree", "freed", "pages given back"),
        _events("pgactivate", "activated", "pages moved to those used of late"),
        _events("pgdeactivate", "deactivated", "pages moved to those not used of late"),
        _events("pgscan_kswapd", "scanned_background", "pages looked at in the background to find some to give up"),
        _events("pgscan_direct", "scanned_direct", "the same while a program waited for memory"),
        _events("pgsteal_kswapd", "reclaimed_background", "pages taken back in the background"),
        _events("pgsteal_direct", "reclaimed_direct", "pages taken back while a program waited"),
        _events("allocstall_normal", "stalls_normal", "times a program had to wait for memory"),
        _events("allocstall_movable", "stalls_movable", "the same for movable memory"),
        _events("workingset_refault_anon", "refaults_anonymous", "pages of no file wanted back soon after they went"),
        _events("workingset_refault_file", "refaults_file", "pages of files wanted back soon after they went"),
        _events("workingset_activate_file", "refaults_active", "those of files that count as used at once"),
        _events("compact_stall", "compaction_stalls", "times a program waited while memory was defragmented"),
        _events("compact_success", "compaction_successes", "times that gave a huge page"),
        _events("compact_fail", "compaction_failures", "times that did not"),
        _events("pgmigrate_success", "migrated", "pages moved to another place"),
        _events("pgmigrate_fail", "migration_failures", "pages that could not be moved"),
        _events("thp_fault_alloc", "huge_faults", "huge pages given at a fault"),
        _events("thp_fault_fallback", "huge_fallbacks", "faults that got small pages for want of a huge one"),
        _events("thp_collapse_alloc", "huge_collapses", "huge pages made of small ones"),
        _events("thp_split_page", "huge_splits", "huge pages split"),
        _events("numa_hit", "numa_hits", "pages given on the node that was wanted"),
        _events("numa_miss", "numa_misses", "pages given here though another node was wanted"),
        _events("numa_local", "numa_local", "pages given on the node of the program"),
        _events("numa_other", "numa_other", "pages given on another node"),
        _events("numa_hint_faults", "numa_hint_faults", "faults made to learn who uses a page"),
        _events("numa_pages_migrated", "numa_migrated", "pages moved to the node that uses them"),
        _events("oom_kill", "out_of_memory_kills", "processes killed for want of memory"),
        _events("drop_pagecache", "caches_dropped", "times the caches were dropped by hand"),
        _events("slabs_scanned", "slabs_scanned", "kernel objects looked at to give some up"),
        _events("balloon_inflate", "balloon_inflated", "pages given back to the host of this virtual machine"),
        _events("balloon_deflate", "balloon_deflated", "pages got back from it"),
        _pages("nr_dirtied", "dirtied", "pages of files that became dirty", grows=True),
        _pages("nr_written", "written", "pages of files that were written", grows=True),
        _pages("nr_dirty_threshold", "dirty_limit", "dirty memory beyond which writers must wait"),
        _pages("nr_dirty_background_threshold", "dirty_background_limit", "dirty memory beyond which writing starts"),
        _pages("nr_free_pages", "free", "free memory"),
        _pages("nr_slab_reclaimable", "slab_reclaimable", "kernel objects that can be given up"),
        _pages("nr_slab_unreclaimable", "slab_unreclaimable", "kernel objects that cannot"),
        _pages("nr_shmem", "shared", "shared memory"),
        _pages("nr_kernel_stack", "kernel_stacks", "stacks of tasks in the kernel")._replace(scale=_KB),
        _pages("nr_page_table_pages", "page_tables", "tables from addresses to pages"),
        _pages("nr_isolated_file", "isolated_file", "pages of files that are being given up or moved now"),
        _pages("nr_isolated_anon", "isolated_anonymous", "pages of no file that are being given up or moved now"),
    ),
)
GROUPS = (MEMORY, VM)


def memory_probes(root: Path = Path("/")) -> tuple[WordsProbe, ...]:
    """Every probe of this module; `root` is where /proc is found."""
    return (
        WordsProbe(MEMORY, root / "proc/meminfo", keyed(MEMORY)),
        WordsProbe(VM, root / "proc/vmstat", keyed(VM)),
    )
