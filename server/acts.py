"""From what somebody said on a socket to the Command it means. Shell (asyncio).

Only the server knows who speaks, and what the licences on file cover.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from server.desk_checks import DeskChecks
from server.errors import Refused
from server.roster import Roster
from signaling import commands, guest_commands, messages
from signaling.commands import Command
from signaling.errors import ClinicianBusy
from signaling.hub import Hub
from signaling.licence import LicenceCover, cover
from signaling.messages import ClientMessage
from signaling.shape import Visit
from signaling.views import initials
from signaling.words import GuestStanding, OverrideReason, ParticipantId, StaffId, VisitId

AUDIO_ONLY_PERMITTED = True
"""Until practices set a policy of their own: audio-only is an explicit act with a reason, reported as such."""


class Acts:
    """What people do in visits, by their sockets' messages."""

    def __init__(self, hub: Hub, roster: Roster) -> None:
        self._hub = hub
        self._roster = roster
        self.checks: DeskChecks | None = None

    async def client_does(self, visit: VisitId, said: ClientMessage) -> None:
        """A client's message that is a wish about the visit. Raises Refused."""
        match said:
            case messages.Join():
                await self._hub.command(visit, commands.Join())
            case messages.Leave():
                await self._hub.command(visit, commands.Leave())
            case messages.ComeBack():
                await self._hub.command(visit, commands.ComeBack())
            case _:
                raise Refused("not-yours", "Only your clinician can do that.")

    async def guest_does(self, visit: VisitId, who: ParticipantId, said: ClientMessage) -> None:
        """A guest's message that is a wish about the visit. Raises Refused."""
        match said:
            case messages.Join() | messages.ComeBack():
                await self._hub.command(visit, guest_commands.JoinAsGuest(who))
            case messages.Leave():
                await self._hub.command(visit, guest_commands.LeaveAsGuest(who))
            case _:
                raise Refused("not-yours", "Only the clinician can do that.")

    async def clinician_does(self, visit: VisitId, by: StaffId, said: ClientMessage) -> None:
        """A clinician's message about one visit, from the visit or from the desk. Raises Refused."""
        match said:
            case messages.Admit(reason, with_guests) | messages.DeskAdmit(_, reason, with_guests):
                await self.admit(visit, by, reason, with_guests=with_guests)
            case _:
                await self._hub.command(visit, self._command(by, said))

    async def admit(
        self, visit: VisitId, by: StaffId, reason: OverrideReason | None, *, with_guests: bool = False
    ) -> None:
        """Let the client in, with what the licences on file say of where they are at this moment.

        `with_guests`: and those guests who wait at this moment, in the same act.
        """
        _, now = await self._hub.visit(visit)
        covered = await self._cover(now)
        shown = None if self.checks is None else self.checks.shown(visit)
        checked = None if self.checks is None else self.checks.precheck(now)

        def wished(found: Visit) -> list[Command]:
            waiting = [one.participant for one in found.guests if one.standing is GuestStanding.WAITING]
            together = [guest_commands.AdmitGuest(by, one) for one in waiting] if with_guests else []
            return [commands.Admit(by, covered, reason, checked), *together]

        try:
            let_in = await self._hub.command(visit, wished)
        except ClinicianBusy as busy:
            raise await self._busy_with(busy) from busy
        if self.checks is not None:
            self.checks.admitted(let_in, by, shown)

    async def _busy_with(self, busy: ClinicianBusy) -> Refused:
        """The same no, naming by initials whom the clinician is with."""
        _, other = await self._hub.visit(busy.visit)
        cast = await self._roster.of(other)
        whom = initials(cast.names.get(other.client, "")) or "another client"
        since = busy.since.astimezone(ZoneInfo(other.zone))
        return Refused(busy.code, f"You are with {whom} since {since:%H:%M}: end, hold or return first.")

    async def _cover(self, visit: Visit) -> LicenceCover | None:
        if visit.location is None or visit.location.country != "US":
            return None
        licences = await self._roster.licences(visit.clinician)
        checked_at = datetime.now(ZoneInfo(visit.zone))
        return cover(licences, visit.location.state, checked_at.date(), checked_at)

    @staticmethod
    def _command(by: StaffId, said: ClientMessage) -> Command:
        match said:
            case messages.DeskDecline(_, declined):
                return commands.Decline(by, declined)
            case messages.Hold() | messages.DeskHold():
                return commands.Hold(by)
            case messages.Return() | messages.DeskReturn():
                return commands.ReturnToWaiting(by)
            case messages.End(ended) | messages.DeskEnd(_, ended):
                return commands.End(by, ended)
            case messages.Tell(code) | messages.DeskTell(_, code):
                return commands.TellWaiting(by, code)
            case messages.ConfirmLocation():
                return commands.ConfirmLocation(by)
            case messages.ConfirmIdentity():
                return commands.ConfirmIdentity(by)
            case messages.AllowAudioOnly(why):
                return commands.AllowAudioOnly(by, why, AUDIO_ONLY_PERMITTED)
            case messages.AdmitGuest(who):
                return guest_commands.AdmitGuest(by, who)
            case messages.ReturnGuest(who):
                return guest_commands.ReturnGuest(by, who)
            case messages.Picture(who, seen):
                return commands.ReportPicture(by, who, seen)
            case messages.ExplainOverride(why):
                return commands.ExplainOverride(by, why)
            case _:
                raise Refused("not-here", "That cannot be done here.")
