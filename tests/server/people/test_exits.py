"""The check at the desk with its ways out, what the client owes and reads, estimates, and the list of missing cover."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from billing_hooks import demo
from billing_hooks.checking import Booked, Checking, Inputs, ahead
from billing_hooks.cost_share import CostShare
from billing_hooks.encounter import Place
from billing_hooks.material import Coverage
from billing_hooks.store import Store
from billing_hooks.store_checks import Contact
from billing_hooks.upcoming_pages import rows
from server import estimates, upcoming
from server.acts import Acts
from server.billing_wing import BillingWing
from server.db import people
from server.db.people import Licence
from server.db.tables import visits as visit_rows
from server.desk_checks import DeskChecks, licences_held
from server.roster import Roster
from signaling import commands
from signaling.facts import Admitted, Told
from signaling.licence import Licence as HeldLicence
from signaling.licence import cover
from signaling.words import CancelReason, LicenceId, OverrideReason, Phase, StaffId, TellCode, VisitId
from tests.server.people.kit import HOME, NOW, House, Team, check_in, secret_of

SELF_PAY = Coverage(payer="", lob="self_pay", network="none")


@pytest.fixture
async def store(database: Any) -> AsyncIterator[Store]:
    """Billing's store, as its own role."""
    made = Store.open(database.billing_url, bytes(32))
    yield made
    await made.close()


@pytest.fixture
async def checks(house: House, team: Team, store: Store) -> AsyncIterator[DeskChecks]:
    """The house with billing inside: a confirmed rule, fees, and what the service means."""
    await demo.save_demo(store, house.shelf.practice, [], {team.service: "psychotherapy_individual"}, NOW)
    made = house.checks = DeskChecks(Checking(store), house.shelf, lambda: None)
    yield made
    await made.close()


@pytest.fixture
async def waiting(joined: Any, house: House, checks: DeskChecks, store: Store) -> Any:
    """`await waiting(state="TX")`: (visit id, client id, client's browser) of somebody in the waiting room."""

    async def wait(coverage: Coverage | None = demo.COVERAGE, **place: Any) -> tuple[str, str, Any]:
        visit, _, browser, state = await joined()
        _, now = await house.hub.visit(VisitId(visit))
        if coverage is not None:
            await store.save_coverage(house.shelf.practice, now.client, coverage, "stf_hale", NOW)
        await check_in(browser, state)
        if place:
            await browser.ask("/api/client/location", {**HOME, **place})
        await house.hub.command(VisitId(visit), commands.Join())
        return visit, now.client, browser

    return wait


async def acts(store: Store, house: House, visit: str) -> list[Any]:
    """What is on record for a visit, oldest first."""
    return list(reversed(await store.acts_of_visit(house.shelf.practice, visit)))


async def test_the_check_says_in_one_line_that_a_visit_is_covered(
    waiting: Any, signed_in: Any, store: Store, house: House
) -> None:
    """Place, licence and share; every question with its rule and source."""
    visit, client, _ = await waiting()
    share = CostShare(copay=2000, deductible_left=0)
    await store.save_cost_share(house.shelf.practice, client, share, "stf_hale", NOW)
    found = await (await signed_in("clinician")).see(f"/api/visits/{visit}/check")
    assert found["line"] == "Covered: home allowed, LICSW allowed, share $20"
    assert found["exits"] == []
    site = next(each for each in found["answers"] if each["question"] == "site")
    assert (site["says"], site["rule"], site["dated"]) == ("yes", "demo-commercial v1", "from 2026-01-01")
    assert "telehealth amendment (demo)" in site["sources"][0]


@pytest.mark.parametrize(
    ("coverage", "rule", "line"),
    [
        (replace(demo.COVERAGE, active=False), {}, "Not settled: the client's plan is not active on 2026-11-23"),
        (replace(demo.COVERAGE, funding="self_funded"), {"originating_sites": ["clinic"]},
         "Not covered: Example Commercial does not cover a client at home"),
        (demo.COVERAGE, {"licences_allow": ["psychologist"]},
         "Not covered: Example Commercial does not list LICSW for this service"),
        (None, {}, "Not settled: the client's coverage has not been verified"),
    ],
)  # fmt: skip
async def test_the_desks_card_carries_the_first_trouble(
    waiting: Any, house: House, checks: DeskChecks, store: Store, coverage: Any, rule: Any, line: str
) -> None:
    """Before anybody is let in; the drawing does not wait for billing, the next one has it."""
    if rule:
        changed = {**demo.RULE, **rule, "from": "2026-02-01"}
        await store.save_rule(house.shelf.practice, changed, "stf_hale", NOW)
    visit, _, _ = await waiting(coverage)
    _, now = await house.hub.visit(VisitId(visit))
    async with house.shelf.work() as work:
        licences = {now.clinician: tuple(await people.held_by(work, now.clinician))}
    assert checks.now([now], licences) == {}
    assert checks._task is not None
    await checks._task
    assert checks.now([now], licences)[now.id]["line"].startswith(line)


async def test_an_unlicensed_state_has_four_exits_and_the_client_reads_one_sentence(
    waiting: Any, signed_in: Any, house: House, store: Store
) -> None:
    """Ask again, exception, refer to somebody licensed there, reschedule; the client learns nothing of licences."""
    practice = house.shelf.practice
    visit, _, client = await waiting(state="TX")
    texan = Contact("ctc_" + "a" * 20, "Lee Ray, LCSW", "(512) 555-0100", ("TX", "OK"), "evenings")
    await store.save_contact(practice, texan, "stf_hale", NOW)
    await store.save_contact(practice, Contact("ctc_" + "b" * 20, "Not There", "1", ("WI",)), "stf_hale", NOW)
    for demos in demo.CONTACTS:  # taken off the list
        await store.save_contact(practice, replace(demos, states=()), "stf_hale", NOW)
    found = await (await signed_in("clinician")).see(f"/api/visits/{visit}/check")
    assert found["standing"] == "unlicensed"
    assert found["line"].startswith("Not licensed there: no licence on file for TX")
    assert [each["exit"] for each in found["exits"]] == ["ask_place", "exception", "refer", "reschedule"]
    assert [(each["name"], each["phone"]) for each in found["referrals"]] == [("Lee Ray, LCSW", "(512) 555-0100")]
    state = await client.see("/api/client")
    assert state["place_open"] is True
    assert state["owed"] is None
    assert "licen" not in str({key: value for key, value in state.items() if key != "consent"}).lower()


async def test_asking_the_place_again_makes_the_check_again(
    waiting: Any, signed_in: Any, house: House, store: Store
) -> None:
    """The client is told, answers, and the request is gone; both are on record."""
    visit, _, client = await waiting(state="TX")
    desk = await signed_in("clinician")
    await desk.ask(f"/api/visits/{visit}/exits/ask-place", {})
    _, now = await house.hub.visit(VisitId(visit))
    assert now.message is TellCode.WHERE_NOW
    assert any(isinstance(fact, Told) for _, fact in house.told.facts)
    await client.ask("/api/client/location", HOME)
    _, now = await house.hub.visit(VisitId(visit))
    assert now.message is None
    assert now.location is not None and now.location.state == "MN"
    assert (await desk.see(f"/api/visits/{visit}/check"))["standing"] == "covered"
    assert (await client.see("/api/client"))["place_open"] is False
    assert [each.kind for each in await acts(store, house, visit)] == ["ask_place"]


async def test_an_exception_names_its_law_and_its_last_day_and_can_be_used_until_then(
    waiting: Any, signed_in: Any, house: House, team: Team, store: Store
) -> None:
    """Kept with who and when; found again for the same client, clinician and state."""
    visit, client, _ = await waiting(state="TX")
    desk = await signed_in("clinician")
    path = f"/api/visits/{visit}/exits/exception"
    wish = {"reason": "exception_in_law", "law": "Tex. Occ. Code 505.004", "expires": "2026-12-31"}
    for wrong, code in (
        ({"law": " "}, "law-missing"), ({"expires": ""}, "expiry-malformed"),
        ({"expires": "2026-11-22"}, "expiry-malformed"),
        ({"expires": "2028-01-01"}, "expiry-malformed"), ({"expires": "soon"}, "expiry-malformed"),
        ({"reason": "crisis"}, "reason-missing"),
    ):  # fmt: skip
        assert (await desk.ask(path, {**wish, **wrong}, 400))["code"] == code
    assert await acts(store, house, visit) == []
    await desk.ask(path, wish)
    (kept,) = await acts(store, house, visit)
    assert (kept.kind, kept.by, kept.state, kept.at) == ("exception", team.clinician, "TX", house.clock.wall)
    assert (kept.said["law"], kept.expires) == ("Tex. Occ. Code 505.004", date(2026, 12, 31))
    found = await desk.see(f"/api/visits/{visit}/check")
    assert [(each["law"], each["expires"]) for each in found["exceptions"]] == [
        ("Tex. Occ. Code 505.004", "2026-12-31")
    ]
    practice = house.shelf.practice
    assert await store.exceptions(practice, client, team.clinician, "TX", date(2027, 1, 1)) == ()
    assert await store.exceptions(practice, client, team.clinician, "OK", date(2026, 12, 1)) == ()
    await house.hub.command(
        VisitId(visit), commands.Admit(StaffId(team.clinician), None, OverrideReason.EXCEPTION_IN_LAW)
    )
    assert any(
        isinstance(fact, Admitted) and fact.override_reason is OverrideReason.EXCEPTION_IN_LAW
        for _, fact in house.told.facts
    )


async def test_referring_keeps_to_whom_and_lets_the_visit_go(
    waiting: Any, signed_in: Any, house: House, team: Team, store: Store
) -> None:
    """Colleagues licensed there are on the list by their own licences."""
    async with house.shelf.work() as work:
        there = Licence("", "TX", "LCSW", "77", date(2020, 1, 1), None)
        await people.replace_licences(work, team.colleague, [there])
    visit, _, client = await waiting(state="TX")
    desk = await signed_in("clinician")
    path = f"/api/visits/{visit}/exits/refer"
    assert (await desk.ask(path, {"to": "ctc_" + "z" * 20}, 409))["code"] == "contact-unknown"
    await desk.ask(path, {"to": team.colleague, "note": "Called them."})
    (kept,) = await acts(store, house, visit)
    assert (kept.kind, kept.said["name"], kept.said["note"]) == ("refer", "Lee Park", "Called them.")
    _, now = await house.hub.visit(VisitId(visit))
    assert now.phase is Phase.DECLINED
    state = await client.see("/api/client")
    assert (state["step"], state["place_open"]) == ("over", True)


async def test_rescheduling_books_the_same_visit_anew_or_changes_nothing(
    waiting: Any, signed_in: Any, house: House, store: Store
) -> None:
    """A time that cannot be booked leaves the client waiting."""
    visit, client, _ = await waiting(state="TX")
    desk = await signed_in("clinician")
    path = f"/api/visits/{visit}/exits/reschedule"
    assert (await desk.ask(path, {"start": "2026-11-20T10:00", "minutes": 50}, 409))["code"] == "in-the-past"
    _, now = await house.hub.visit(VisitId(visit))
    assert now.phase is Phase.WAITING
    made = await desk.ask(path, {"start": "2026-11-25T10:00", "minutes": 50})
    assert secret_of(made["link"])
    _, later = await house.hub.visit(VisitId(made["visit"]))
    assert (later.client, later.phase) == (client, Phase.BOOKED)
    _, now = await house.hub.visit(VisitId(visit))
    assert now.phase is Phase.DECLINED
    (kept,) = await acts(store, house, visit)
    assert (kept.kind, kept.about) == ("reschedule", made["visit"])


async def test_licensed_and_not_credentialed_starts_a_task_or_private_pay_with_an_estimate(
    waiting: Any, signed_in: Any, house: House, store: Store, team: Team
) -> None:
    """The estimate is asked for today: due within three business days, Thanksgiving not being one."""
    visit, _, client = await waiting(replace(demo.COVERAGE, credentialing="client_state"))
    desk = await signed_in("clinician")
    found = await desk.see(f"/api/visits/{visit}/check")
    assert [each["exit"] for each in found["exits"]] == ["credentialing", "private_pay", "coverage"]
    first = await desk.ask(f"/api/visits/{visit}/exits/credentialing", {})
    assert await desk.ask(f"/api/visits/{visit}/exits/credentialing", {}) == first
    assert (await client.get("/estimate")).status_code == 404
    made = await desk.ask(f"/api/visits/{visit}/exits/private-pay", {})
    assert made["total"] == "$175.00"
    found = await desk.see(f"/api/visits/{visit}/check")
    assert (found["standing"], found["exits"]) == ("pays", [])
    kinds = sorted((each.kind, each.by) for each in await acts(store, house, visit))
    assert kinds == [("credentialing", team.clinician), ("private_pay", team.clinician)]
    estimate = await store.estimate(house.shelf.practice, visit)
    assert estimate is not None
    assert (estimate.due, estimate.sent, estimate.cents) == (date(2026, 11, 27), None, 17_500)
    paper = await desk.get(made["estimate"])
    for part in ("Good faith estimate", "Jordan Doe", "90834", "$175.00", "2026-11-27", "1880000207", "$400 or more"):
        assert part in paper.text, part
    billers = await (await signed_in("biller")).get(made["estimate"])
    assert 'name="paper" value="estimate"' in billers.text and visit in billers.text, "the PDF is the biller's to make"
    assert 'value="estimate"' not in paper.text
    colleague = await signed_in("colleague")
    assert (await colleague.get(made["estimate"])).status_code == 403
    await colleague.ask(f"/api/visits/{visit}/estimate/given", {}, 403)
    await colleague.ask(f"/api/visits/{visit}/estimate", {}, 403)
    own = await client.get("/estimate")
    assert "Jordan Doe" in own.text and "The client has it" not in own.text
    estimate = await store.estimate(house.shelf.practice, visit)
    assert estimate is not None and (estimate.sent, estimate.way) == (date(2026, 11, 23), "opened")
    async with store.work() as work:
        filed = await store.estimate_on_file(work, house.shelf.practice, visit)
    assert filed is not None and (filed.due, filed.sent, filed.cents) == (
        date(2026, 11, 27),
        date(2026, 11, 23),
        17_500,
    )


async def test_what_the_desk_showed_is_kept_with_the_admission(
    waiting: Any, house: House, team: Team, store: Store, checks: DeskChecks
) -> None:
    """The line as it stood when somebody was let in, and the reason where there was no licence."""
    visit, _, _ = await waiting(state="TX")
    _, now = await house.hub.visit(VisitId(visit))
    async with house.shelf.work() as work:
        held = tuple(await people.held_by(work, now.clinician))
    checks.now([now], {now.clinician: held})
    assert checks._task is not None
    await checks._task
    acts_ = Acts(house.hub, Roster(house.shelf))
    acts_.checks = checks
    await acts_.admit(VisitId(visit), StaffId(team.clinician), OverrideReason.CONTINUITY)
    await checks.close()
    (kept,) = await acts(store, house, visit)
    assert (kept.kind, kept.by, kept.state) == ("admitted", team.clinician, "TX")
    assert kept.said["override"] == "continuity"
    assert kept.said["standing"] == "unlicensed"
    assert kept.said["line"].startswith("Not licensed there")


async def test_the_list_of_missing_cover_is_for_the_biller_and_the_front_desk(
    app: FastAPI, signed_in: Any, booked: Any, house: House, checks: DeskChecks
) -> None:
    """Mounted by the house, over the house's own visits and names; a clinician is sent away."""
    wing = BillingWing(house.runtime)
    wing.install(app)
    await booked(start="2026-11-24T09:00")
    async with wing.open(house):
        for who in ("biller", "front_desk"):
            page = await (await signed_in(who)).get("/billing/upcoming")
            assert page.status_code == 200
            assert "Jordan Doe" in page.text and "Ana Rivera" in page.text
            assert "coverage has not been verified" in page.text
        assert (await (await signed_in("clinician")).get("/billing/upcoming")).status_code == 403
        assert (await (await signed_in("front_desk")).get("/billing/")).status_code == 403


async def test_a_crisis_admission_stays_on_the_list_until_its_reason_is_given(
    waiting: Any, signed_in: Any, house: House, team: Team, store: Store
) -> None:
    """However long; the law may be cited with its last day; afterwards it is gone and on record."""
    visit, _, _ = await waiting(state="TX")
    desk = await signed_in("clinician")
    assert (await desk.see("/api/overrides"))["due"] == []
    by = StaffId(team.clinician)
    await house.hub.command(VisitId(visit), commands.Admit(by, None, OverrideReason.CRISIS))
    house.clock.forward(timedelta(days=2))
    desk = await signed_in("clinician")
    (due,) = (await desk.see("/api/overrides"))["due"]
    assert (due["visit"], due["client"]) == (visit, "Jordan Doe")
    assert (await (await signed_in("colleague")).see("/api/overrides"))["due"] == []
    path = f"/api/visits/{visit}/override-reason"
    assert (await desk.ask(path, {"reason": "crisis"}, 409))["code"] == "reason-missing"
    wrong = {"reason": "exception_in_law", "law": "Tex. Occ. Code 505.004"}
    assert (await desk.ask(path, wrong, 400))["code"] == "expiry-malformed"
    await desk.ask(path, {**wrong, "expires": "2026-12-01"})
    assert (await desk.see("/api/overrides"))["due"] == []
    (kept,) = await acts(store, house, visit)
    assert (kept.kind, kept.said["law"]) == ("crisis_reason", "Tex. Occ. Code 505.004")


async def test_a_reason_can_be_given_where_billing_runs_elsewhere(
    waiting: Any, signed_in: Any, house: House, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The visit keeps it, for its own clinician alone; a law is cited where billing keeps it."""
    visit, _, _ = await waiting(state="TX")
    await house.hub.command(VisitId(visit), commands.Admit(StaffId(team.clinician), None, OverrideReason.CRISIS))
    monkeypatch.setattr(house, "checks", None)
    path = f"/api/visits/{visit}/override-reason"
    cited = {"reason": "compact", "law": "Tex. Occ. Code 505.004", "expires": "2026-12-01"}
    await (await signed_in("colleague")).ask(path, {"reason": "compact"}, 403)
    desk = await signed_in("clinician")
    assert (await desk.ask(path, cited, 409))["code"] == "billing-elsewhere"
    await desk.ask(path, {"reason": "compact"})
    assert (await desk.see("/api/overrides"))["due"] == []


async def test_what_was_done_at_the_desk_can_never_be_changed(
    waiting: Any, signed_in: Any, database: Any, house: House
) -> None:
    """Neither by billing's role nor, past its grants, by the owner; the law's text is not in the clear."""
    visit, _, _ = await waiting(state="TX")
    desk = await signed_in("clinician")
    wish = {"reason": "compact", "law": "Texas Secret Code", "expires": "2026-12-31"}
    await desk.ask(f"/api/visits/{visit}/exits/exception", wish)
    for url, error in (
        (database.billing_url, asyncpg.InsufficientPrivilegeError),
        (database.owner_url, asyncpg.IntegrityConstraintViolationError),
    ):  # fmt: skip
        connection = await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))
        try:
            for change in ("UPDATE billing.desk_acts SET made_by = 'x'", "DELETE FROM billing.desk_acts"):
                with pytest.raises(error):
                    await connection.execute(change)
            assert b"Secret" not in await connection.fetchval("SELECT said_sealed FROM billing.desk_acts")
        finally:
            await connection.close()


async def test_what_the_client_will_owe_is_shown_before_the_visit_and_kept(
    joined: Any, house: House, checks: DeskChecks, store: Store
) -> None:
    """Once they have said where they are; word for word, with its version; the same again is kept once."""
    visit, _, browser, state = await joined()
    _, now = await house.hub.visit(VisitId(visit))
    practice = house.shelf.practice
    await store.save_coverage(practice, now.client, demo.COVERAGE, "stf_hale", NOW)
    await store.save_cost_share(practice, now.client, CostShare(copay=2000, deductible_left=0), "stf_hale", NOW)
    assert state["owed"] is None
    await check_in(browser, state)
    owed = (await browser.see("/api/client"))["owed"]
    assert owed["text"].startswith("For this visit we expect you to pay $20.")
    for _ in range(2):
        assert await browser.ask("/api/client/cost-seen", {"id": owed["id"]}) == {"owed": None}
    shown = await store.last_shown(practice, visit)
    assert shown is not None
    assert (shown.version, shown.text, shown.text_version, shown.shown_at) == (
        1,
        owed["text"],
        "owed/1",
        house.clock.wall,
    )
    await store.save_cost_share(practice, now.client, CostShare(copay=3000, deductible_left=0), "stf_hale", NOW)
    newer = (await browser.ask("/api/client/cost-seen", {"id": owed["id"]}))["owed"]
    assert "$30" in newer["text"]
    await browser.ask("/api/client/cost-seen", {"id": newer["id"]})
    shown = await store.last_shown(practice, visit)
    assert shown is not None and (shown.version, "$30" in shown.text) == (2, True)


async def test_a_link_before_its_window_shows_no_estimate(
    joined: Any, house: House, checks: DeskChecks, store: Store, team: Team
) -> None:
    """The paper names the client; a link that was passed on must not, until they are expected."""
    visit, _, browser, _ = await joined(start="2026-11-25T10:00")
    _, now = await house.hub.visit(VisitId(visit))
    await store.save_coverage(house.shelf.practice, now.client, SELF_PAY, "stf_hale", NOW)
    assert await estimates.sweep(checks, house.shelf) == 1
    page = await browser.get("/estimate")
    assert page.status_code == 409
    assert "Jordan" not in page.text
    made = await store.estimate(house.shelf.practice, visit)
    assert made is not None and made.sent is None


async def test_estimates_are_made_for_booked_visits_whose_client_pays(
    booked: Any, house: House, checks: DeskChecks, store: Store
) -> None:
    """Booked ten business days ahead: within three; three to nine: within one; fewer: no day is set. Once each."""
    due: dict[str, date | None] = {}
    far, near = date(2026, 11, 27), date(2026, 11, 24)
    for start, wanted in (("2027-12-14", far), ("2026-12-15", far), ("2026-12-02", near), ("2026-11-24", None)):
        visit, _ = await booked(
            start=f"{start}T10:00", client={"name": f"Client {start}", "phone": None, "email": None}
        )
        _, now = await house.hub.visit(VisitId(visit))
        await store.save_coverage(house.shelf.practice, now.client, SELF_PAY, "stf_hale", NOW)
        due[visit] = wanted
    async with house.shelf.work() as work:  # the database's own clock says when; the test's clock is another
        await work.run(update(visit_rows).values(created_at=NOW))
    assert await estimates.sweep(checks, house.shelf) == 4
    assert await estimates.sweep(checks, house.shelf) == 0
    for visit, wanted in due.items():
        made = await store.estimate(house.shelf.practice, visit)
        assert made is not None
        assert made.due == wanted


async def test_the_list_of_the_next_days_names_who_when_and_what_is_missing(
    booked: Any, house: House, checks: DeskChecks, store: Store, team: Team
) -> None:
    """Verified visits are not on it, nor those further ahead or cancelled."""
    ended = replace(demo.COVERAGE, active=False)
    plans = {
        "2026-11-24T09:00": demo.COVERAGE, "2026-11-25T09:00": None, "2026-11-26T09:00": ended,
        "2026-11-30T09:00": None, "2026-11-24T12:00": None,
    }  # fmt: skip
    named = {}
    for start, coverage in plans.items():
        visit, _ = await booked(start=start, client={"name": f"Client {start}", "phone": None, "email": None})
        _, now = await house.hub.visit(VisitId(visit))
        if coverage is not None:
            await store.save_coverage(house.shelf.practice, now.client, coverage, "stf_hale", NOW)
        named[start] = visit
    await house.hub.command(
        VisitId(named["2026-11-24T12:00"]), commands.Cancel(StaffId(team.front_desk), CancelReason.OTHER)
    )
    found = rows(await upcoming.coming(checks, house.shelf))
    by_visit = {row.visit: row for row in found}
    # Where these clients will be is not known: that alone is said of the verified one.
    assert set(by_visit) == {named[start] for start in ("2026-11-24T09:00", "2026-11-25T09:00", "2026-11-26T09:00")}
    assert [row.start for row in found] == sorted(row.start for row in found)
    assert "The client's coverage has not been verified." in by_visit[named["2026-11-25T09:00"]].missing
    assert "The client's plan is not active on 2026-11-26." in by_visit[named["2026-11-26T09:00"]].missing
    assert by_visit[named["2026-11-24T09:00"]].missing == ("The client has not said where they are.",)


def test_a_licence_that_covers_at_the_desk_is_the_one_that_admits() -> None:
    """The check and the admission look at the same licences, day by day."""
    first, last = date(2026, 1, 1), date(2026, 6, 30)
    held = [HeldLicence(LicenceId("lic_a"), "MN", "LICSW", first, last)]
    nothing = Inputs(None, None, None, (), ())
    for day in (date(2025, 12, 31), first, last, date(2026, 7, 1)):
        place = Place(state="MN", site="home", attested=True, states=("MN",))
        planned = ahead(Booked("c", "s", day, 50, place, None, licences_held(held)), nothing, day)
        clinician = planned.clinician
        valid = "MN" in (clinician.licensed or ()) and (
            clinician.licence_expires is None or clinician.licence_expires >= day
        )
        assert valid is (cover(held, "MN", day, NOW) is not None), day
