"""What waits to be asked, and values that are kept as long as they hold."""

from datetime import timedelta

from quizapp import schedule
from quizapp.kept import Kept
from quizapp.waiting import waiting


def learned(item, clock, rating=3, **ago):
    return schedule.review(item.id, None, rating, clock.now - timedelta(**ago))


def test_what_is_due_what_is_new_and_what_is_left_out(all_kinds, clock):
    first, second, third, *rest = all_kinds.items.values()
    memories = {
        first.id: learned(first, clock, rating=4, days=40),
        second.id: learned(second, clock, rating=4, days=60),
        third.id: learned(third, clock, rating=4, minutes=1),
    }
    found = waiting(all_kinds.items.values(), memories, clock.now, {rest[0].id: 0})
    assert list(found.due) == [second, first]
    assert {item.id for item in found.new} == {item.id for item in rest[1:]}
    assert [item.difficulty for item in found.new] == sorted(item.difficulty for item in rest[1:])


def test_it_holds_until_something_falls_due_or_the_day_ends(all_kinds, clock):
    first, second, *_ = all_kinds.items.values()
    pool = [first, second]
    assert waiting(pool, {}, clock.now).until == schedule.day_end(clock.now)
    memory = learned(first, clock, rating=1, seconds=30)
    assert clock.now < memory.due < schedule.day_end(clock.now)
    found = waiting(pool, {first.id: memory}, clock.now)
    assert found.until == memory.due
    assert [item.id for item in found.due] == []
    assert [item.id for item in waiting(pool, {first.id: memory}, memory.due).due] == [first.id]


def test_a_value_is_made_again_only_when_its_source_is_another_or_its_time_is_over(clock):
    made, kept = [], Kept()
    ends = clock.now + timedelta(minutes=5)

    def get(*source):
        def make():
            made.append(source)
            return len(made), ends

        return kept.get(source, clock.now, make)

    one, equal = [1], [1]
    assert [get(one), get(one)] == [1, 1]
    assert get(equal) == 2  # another object, even if it says the same
    clock.forward(minutes=5)
    assert get(equal) == 3
    ends = clock.now + timedelta(minutes=5)
    assert [get(equal), get(equal)] == [4, 4]
    clock.forward(minutes=-1)  # a clock that was put back
    assert get(equal) == 5
