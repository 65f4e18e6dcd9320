"""Business minutes: nights, holidays and changes of the clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from needlewise.clinic import BusinessHours
from needlewise.leads.business_time import business_minutes

DENVER = ZoneInfo("America/Denver")
NINE_TO_FIVE = BusinessHours(DENVER, (((540, 720), (780, 1020)),) * 5 + ((), ()), "US", "UT")
ALWAYS = BusinessHours(DENVER, (((0, 1440),),) * 7)

moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(), timedelta(days=40))


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=DENVER)  # type: ignore[arg-type, misc]


def test_a_night_and_a_break_do_not_count() -> None:
    assert business_minutes(NINE_TO_FIVE, local(2026, 11, 16, 16, 30), local(2026, 11, 17, 9, 30)) == 60
    assert business_minutes(NINE_TO_FIVE, local(2026, 11, 16, 11, 50), local(2026, 11, 16, 13, 10)) == 20


def test_a_weekend_and_a_holiday_do_not_count() -> None:
    # From Wednesday evening over Thanksgiving to Friday morning, and over a weekend.
    assert business_minutes(NINE_TO_FIVE, local(2026, 11, 25, 18), local(2026, 11, 27, 10)) == 60
    assert business_minutes(NINE_TO_FIVE, local(2026, 11, 20, 17), local(2026, 11, 23, 9)) == 0
    # Pioneer Day is a holiday of Utah only.
    assert business_minutes(NINE_TO_FIVE, local(2026, 7, 24, 9), local(2026, 7, 24, 17)) == 0


def test_a_day_on_which_the_clocks_change_counts_its_real_minutes() -> None:
    assert business_minutes(ALWAYS, local(2026, 3, 8), local(2026, 3, 9)) == 23 * 60
    assert business_minutes(ALWAYS, local(2026, 11, 1), local(2026, 11, 2)) == 25 * 60


@given(moments, spans)
def test_always_open_counts_every_minute(start: datetime, span: timedelta) -> None:
    assert business_minutes(ALWAYS, start, start + span) == span // timedelta(minutes=1)


@given(moments, spans, spans)
def test_time_never_runs_back_and_parts_add_up(start: datetime, first: timedelta, second: timedelta) -> None:
    middle, end = start + first, start + first + second
    parts = business_minutes(NINE_TO_FIVE, start, middle) + business_minutes(NINE_TO_FIVE, middle, end)
    whole = business_minutes(NINE_TO_FIVE, start, end)
    assert whole - 1 <= parts <= whole  # each part is rounded down
    assert 0 <= whole <= (first + second) // timedelta(minutes=1)


@given(moments, spans)
def test_the_zone_of_the_arguments_does_not_matter(start: datetime, span: timedelta) -> None:
    elsewhere = ZoneInfo("Asia/Tokyo")
    same = business_minutes(NINE_TO_FIVE, start.astimezone(elsewhere), (start + span).astimezone(elsewhere))
    assert same == business_minutes(NINE_TO_FIVE, start, start + span)


@given(moments, spans)
def test_an_end_before_the_start_is_nothing(start: datetime, span: timedelta) -> None:
    assert business_minutes(NINE_TO_FIVE, start, start - span) == 0


# Zones whose clocks change by an hour, by half an hour (Lord Howe), at midnight (Santiago), in winter (Dublin's law),
# and never (Phoenix); with days around each change of three years.
ZONES = [
    ZoneInfo(name)
    for name in ("America/Denver", "Australia/Lord_Howe", "America/Santiago", "Europe/Dublin", "America/Phoenix")
]
# Half of them at night, when clocks change.
quarters = st.one_of(st.integers(0, 20), st.integers(0, 1440 // 15))
times = st.lists(quarters, min_size=0, max_size=6, unique=True).map(sorted)
weeks = st.lists(times, min_size=7, max_size=7).map(
    lambda week: tuple(tuple((a * 15, b * 15) for a, b in zip(day[::2], day[1::2], strict=False)) for day in week)
)


def changes(zone: ZoneInfo) -> list[datetime]:
    """The UTC hours in which a zone's clocks change."""
    found, hour = [], datetime(2025, 1, 1, tzinfo=UTC)
    while hour.year < 2028:
        after = hour + timedelta(hours=1)
        if hour.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            found.append(hour)
        hour = after
    return found or [datetime(2026, 3, 8, tzinfo=UTC)]


CHANGES = {zone: changes(zone) for zone in ZONES}


@st.composite
def around_a_change(draw: st.DrawFn) -> tuple[BusinessHours, datetime, datetime]:
    """Any week of hours, and a span of up to two days around a change of the clocks, in whole minutes."""
    zone = draw(st.sampled_from(ZONES))
    start = draw(st.sampled_from(CHANGES[zone])) - timedelta(minutes=draw(st.integers(0, 1440)))
    return BusinessHours(zone, draw(weeks)), start, start + timedelta(minutes=draw(st.integers(0, 2880)))


@given(around_a_change())
def test_around_a_change_of_the_clocks_it_counts_the_minutes_that_are_open(
    given: tuple[BusinessHours, datetime, datetime],
) -> None:
    hours, start, end = given
    minutes = (end - start) // timedelta(minutes=1)
    step = timedelta(minutes=1)
    opened = [opening for day in range(-1, 4) for opening in hours.openings(start.date() + timedelta(days=day))]
    is_open = [any(a <= start + step * each < b for a, b in opened) for each in range(minutes)]
    assert business_minutes(hours, start, end) == sum(is_open)


def test_an_opening_in_the_hour_that_is_skipped_is_not_counted_twice() -> None:
    night = BusinessHours(DENVER, ((),) * 6 + (((90, 150), (180, 240)),))
    day = local(2026, 3, 8)
    # 1:30 to 2:00 (it is 3:00 then) and 3:00 to 4:00; the clock never shows 2:00 to 2:30.
    assert business_minutes(night, day, day + timedelta(days=1)) == 90


@given(around_a_change())
def test_openings_never_overlap_nor_run_back(given: tuple[BusinessHours, datetime, datetime]) -> None:
    hours, start, _end = given
    for day in range(-2, 4):
        openings = hours.openings(start.date() + timedelta(days=day))
        edges = [moment for opening in openings for moment in opening]
        assert edges == sorted(edges)
        assert all(a < b for a, b in openings)


@given(around_a_change())
def test_it_is_open_at_its_next_opening(given: tuple[BusinessHours, datetime, datetime]) -> None:
    hours, start, _end = given
    opens = hours.next_opening(start)
    if opens is not None:
        assert opens > start and hours.is_open(opens)


@given(around_a_change())
def test_a_day_of_the_clock_is_at_most_an_hour_off(given: tuple[BusinessHours, datetime, datetime]) -> None:
    hours, start, _end = given
    day = start.astimezone(hours.zone).date()
    for each in range(3):
        planned = sum(b - a for a, b in hours.week[(day + timedelta(days=each)).weekday()])
        real = sum((b - a).total_seconds() / 60 for a, b in hours.openings(day + timedelta(days=each)))
        assert abs(planned - real) <= 60


@given(st.sampled_from(ZONES), weeks, st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 20))
def test_a_holiday_counts_nothing_and_every_other_day_as_ever(
    zone: ZoneInfo, week: tuple[tuple[tuple[int, int], ...], ...], first: date, days: int
) -> None:
    closed, plain = BusinessHours(zone, week, "US", "UT"), BusinessHours(zone, week)
    start = datetime.combine(first, time(), zone)
    end = datetime.combine(first + timedelta(days=days), time(), zone)
    on_holidays = sum(
        int((closing - opening).total_seconds() // 60)
        for each in (first + timedelta(days=number) for number in range(days))
        if closed.is_holiday(each)
        for opening, closing in plain.openings(each)
    )
    assert business_minutes(closed, start, end) == business_minutes(plain, start, end) - on_holidays
