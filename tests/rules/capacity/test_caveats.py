"""What a reader must know of a profile is said in words, and nothing is said where all is well."""

from __future__ import annotations

from dataclasses import replace

from tests.made_profiles import failed_point, made_point, made_profile, profile_of
from vedette.rules.capacity.caveats import caveats, caveats_of_all
from vedette.values.demand import Demand, Limits, PlanKind
from vedette.values.device import DeviceKind, Fleet, Stock
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.profile import Failed, Origin, ProfilePoint


def test_a_good_profile_needs_no_warning() -> None:
    """Three trials, many values, a line."""
    assert caveats(made_profile({1: 10.0, 2: 20.0, 4: 40.0})) == ()


def test_a_given_profile_says_who_gave_it_and_what_is_missing() -> None:
    """Its first mini-batch counts as long as a later one, and it has no interval."""
    profile = profile_of(ProfilePoint(1, None, Moment(0.01), Moment(0.01)), name="given-1", origin=Origin.GIVEN)

    assert caveats(profile) == (
        "profile given-1 was given (a test), not measured here",
        "no warm-up was given: the first mini-batch counts as long as a later one",
        "each time is of one trial: how much processes differ is not known, so no interval can be given",
    )


def test_a_profile_that_was_broken_off_says_what_it_lacks_and_what_measures_it() -> None:
    """The command is the one that was interrupted."""
    whole = made_profile({1: 10.0, 2: 20.0, 4: 40.0})
    part = replace(whole, broken_off="broken off: batch 8 not measured", source="vedette profile lite0 --batch 1,2,4,8")

    assert caveats(part) == (
        (
            f"profile {whole.id} was broken off: batch 8 not measured; "
            "for all of it run vedette profile lite0 --batch 1,2,4,8"
        ),
    )


def test_few_trials_and_few_values_are_told() -> None:
    """Two processes, and seven mini-batches."""
    moment = Moment(0.01, 0.0, 0.0001, 7, 2)
    profile = profile_of(ProfilePoint(1, None, moment, Moment(0.03, 0.0, 0.0001, 2, 2)))

    assert caveats(profile)[:2] == (
        "each time is of 2 trials at most, fewer than 3: profile with --trials 3",
        "some latencies are of 7 mini-batches, fewer than 10",
    )


def test_a_batch_of_one_trial_among_others_rests_on_their_deviation() -> None:
    """As in few-sample mode."""
    told = caveats(profile_of(made_point(1, 10.0), made_point(2, 20.0, trials=1), made_point(4, 40.0)))

    assert told == ("some times are of one trial: how much processes differ is taken from the other mini-batches",)


def test_a_wide_interval_is_told_with_its_batch() -> None:
    """Student's t of two degrees of freedom is 4.30: 10 % from trial to trial is 43 % of the mean."""
    profile = profile_of(made_point(1, 10.0, spread=0.1))

    assert caveats(profile) == (
        "L of batch 1 is uncertain: one process may differ by 43% (95 % interval)",
        "W of batch 1 is uncertain: one process may differ by 43% (95 % interval)",
    )


def test_times_that_fall_with_the_batch_are_told_with_what_was_done() -> None:
    """W of 2 was below W of 1."""
    profile = profile_of(
        made_point(1, 10.0, 40.0, spread=0.0),
        made_point(2, 20.0, 36.0, spread=0.0),
        made_point(4, 40.0, 70.0, spread=0.0),
    )

    assert caveats(profile)[0] == (
        "W fell with the batch at 2: levels that never fall are taken instead, up to 5.6% off what was measured"
    )


def test_a_wide_gap_is_told_where_no_line_was_shown_to_hold() -> None:
    """Two points are no evidence for what lies between them."""
    told = caveats(made_profile({1: 10.0, 64: 640.0}))

    assert told == (
        "nothing was measured from batch 1 to 64: L is taken as a straight line there",
        "nothing was measured from batch 1 to 64: W is taken as a straight line there",
    )


def test_batches_that_are_not_planned_are_told_with_the_reason() -> None:
    """Not measured, failed, or beyond the memory of the device."""
    profile = profile_of(
        made_point(2, 20.0, peak_mb=100),
        made_point(4, 40.0, peak_mb=200),
        made_point(8, 80.0, peak_mb=400),
        failed_point(16),
    )
    device = DeviceKind("small", 1.0, 250_000_000)

    assert caveats(profile, device=device) == (
        "mini-batches below 2 were not measured and are not planned",
        (
            "mini-batches of 16 and more are not planned: out of memory (killed at 1.0 GB); 8 is the largest that was "
            "measured"
        ),
        "mini-batches of 8 and more do not fit the 250 MB of small",
    )
    assert "no mini-batch is left: 1 are allowed" in caveats(profile, limits=Limits(batch=1))[-1]


def test_refused_batches_are_told_and_larger_ones_are_not_left_out() -> None:
    """The engine takes 4 and 8."""
    refused = (failed_point(batch, failed=Failed.REFUSED) for batch in (1, 2, 6))
    told = caveats(profile_of(*refused, made_point(4, 40.0), made_point(8, 80.0)))

    assert "mini-batches of 1, 2, 6 were refused by the engine: nothing up to the next measured ones is planned" in told
    assert not any("8" in text for text in told if "refused" in text)


def test_a_fixed_batch_is_told_where_it_leaves_mini_batches_out() -> None:
    """One row at a time leaves out nothing."""
    points = made_point(4, 40.0), made_point(8, 80.0)
    told = caveats(profile_of(*points, fixed_batch=4))

    assert told[1] == (
        "the model's file takes 4 rows at a time: of the mini-batches that were not measured only multiples of 4 are"
        " planned"
    )
    assert not any("at a time" in text for text in caveats(profile_of(*points, fixed_batch=1)))


def test_a_limit_that_cannot_be_checked_is_told() -> None:
    """The profile has no memory."""
    told = caveats(made_profile({1: 10.0}), device=DeviceKind("cpu:1", 1.0, 10**9))

    assert told == ("the profile does not tell the memory of every batch: the limit of cpu:1 is not checked for all",)


def test_a_batch_that_took_too_long_is_told_as_such() -> None:
    """It is no want of memory."""
    told = caveats(profile_of(made_point(1, 10.0), failed_point(2, failed=Failed.TOO_LONG)))

    assert "longer than the limit" in told[0]


def test_where_energy_comes_from_is_told() -> None:
    """Counters, or watts that somebody stated."""
    assert "energy is measured" in caveats(profile_of(made_point(1, 10.0, energy_j=0.1)))[0]
    told = caveats(made_profile({1: 10.0}), device=DeviceKind("cpu:1", 1.0, watts=12.0))
    assert told == ("energy is an estimate: 12 W of cpu:1 by the time, no counter was read",)


def test_an_image_size_between_two_is_told() -> None:
    """Both are named."""
    points = [made_point(1, 10.0 * s, size=Size(100 * s, 100)) for s in (1, 3)]

    assert "between the profiled 100x100 and 300x100" in caveats(profile_of(*points), Size(200, 100))[0]


CPU, EDGE = DeviceKind("cpu:1"), DeviceKind("edge", watts=7.0)
DEMAND = Demand(PlanKind.DEADLINE, ("det",), Fleet((Stock(CPU, 1), Stock(EDGE, 1))), 10, 1.0)
GIVEN = profile_of(ProfilePoint(1, None, Moment(0.01), Moment(0.02)), name="given-1", origin=Origin.GIVEN)


def test_notes_of_several_profiles_say_of_which_each_is() -> None:
    """One that names its profile needs no more, and one profile alone needs nothing."""
    model = GIVEN.profiled.model
    trial = "each time is of one trial: how much processes differ is not known, so no interval can be given"

    told = caveats_of_all([(GIVEN, CPU), (made_profile({1: 10.0, 2: 20.0}), EDGE)], DEMAND)

    assert told[:2] == ("profile given-1 was given (a test), not measured here", f"{model} on cpu:1: {trial}")
    assert trial in caveats_of_all([(GIVEN, CPU)], DEMAND)


def test_energy_of_a_plan_is_told_of_all_its_devices_or_of_none() -> None:
    """Where one does not know it there is no sum, and the note names the one."""
    estimate = "energy is an estimate: 7 W of edge by the time, no counter was read"

    both = caveats_of_all([(GIVEN, CPU), (GIVEN, EDGE)], DEMAND)

    assert both[-1] == "energy is not told: neither a counter nor watts are known of cpu:1"
    assert not any(estimate in note for note in both)
    assert estimate in caveats_of_all([(GIVEN, EDGE)], DEMAND)
    assert not any("energy" in note for note in caveats_of_all([(GIVEN, CPU)], DEMAND))


def test_hard_deadline_on_a_profile_without_longest_times_is_told() -> None:
    """What nobody saw cannot be counted with."""
    told = "profile given-1 does not tell the longest times: a bound by its deviations is taken for them"

    assert told in caveats_of_all([(GIVEN, CPU)], DEMAND, longest=True)
    assert told not in caveats_of_all([(GIVEN, CPU)], DEMAND)
    assert caveats_of_all([(made_profile({1: 10.0, 2: 20.0, 4: 40.0}), CPU)], DEMAND, longest=True) == ()
