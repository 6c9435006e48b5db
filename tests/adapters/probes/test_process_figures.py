"""The tables of a process's figures are consistent."""

from __future__ import annotations

from vedette.adapters.probes.process_figures import FAST, GROUPS, SUMMED_FAST, TREE_FAST, member_groups


def test_the_sum_of_a_tree_has_the_fields_that_can_be_added() -> None:
    """In the order of a member's row, behind the number of processes; never the core on which something ran."""
    fields = [field for group in FAST for field in group.fields]

    assert [field.name for field in TREE_FAST.fields[1:]] == [fields[place].name for place in SUMMED_FAST]
    assert "core" not in {field.name for field in TREE_FAST.fields}


def test_names_are_unique() -> None:
    """Two figures under one name would be one column."""
    names = [feature.name for group in GROUPS for feature in group.features()]

    assert len(names) == len(set(names))


def test_a_member_s_groups_are_named_by_role_and_number() -> None:
    """The source keeps its place for the process id, which differs from run to run."""
    (stat, *_) = member_groups(FAST, "server", 3)

    assert (stat.prefix, stat.source) == ("process.server.3", "/proc/<pid>/stat")
