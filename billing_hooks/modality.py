"""Whether a visit had picture and sound, by the rule's share; and what a rule says of each. Pure.

This is the fifth stage of the coder.
"""

from __future__ import annotations

from decimal import Decimal

from billing_hooks.encounter import HOME_SITES
from billing_hooks.found import Case, Findings, hold, refuse, warn
from billing_hooks.stage_codes import NOT_TELEHEALTH, intent

VIDEO_OFF_NOISE_S = 60
USUAL_SHARE = Decimal("0.9")


def modality(case: Case) -> str:
    """audio_video, audio_only, mixed, none or unknown, by the rule's `av_share_min` of the talk total."""
    evidence = case.encounter.evidence
    share = case.rule.av_share_min if case.rule is not None else USUAL_SHARE
    if evidence.talk is None or evidence.audio_video is None:
        return "unknown"
    if evidence.talk == 0:
        return "none"
    if evidence.audio_video == 0:
        return "audio_only"
    return "audio_video" if evidence.audio_video >= share * evidence.talk else "mixed"


def picture(case: Case) -> Findings:
    """With picture, without, or partly: what the rule says of each."""
    evidence = case.encounter.evidence
    if intent(case) in NOT_TELEHEALTH or evidence.synchronous is not True:
        return
    match modality(case):
        case "unknown":
            yield hold("MODALITY_VIDEO_MISSING", opens=True, more="The seconds with picture and sound are not known.")
        case "none":
            yield hold("MODALITY_VIDEO_MISSING", opens=True)
        case "mixed":
            yield hold("MIXED_MODALITY", opens=True, rule=case.rule)
        case "audio_only":
            yield from _without(case)
        case _:
            off = (evidence.talk or 0) - (evidence.audio_video or 0)
            if off > VIDEO_OFF_NOISE_S:
                yield warn("VIDEO_OFF_MINUTES", str(off // 60))


def _without(case: Case) -> Findings:
    """Sound alone: paid, paid for listed codes, or not; and always with a recorded reason."""
    encounter, rule, evidence = case.encounter, case.rule, case.encounter.evidence
    if rule is not None and rule.audio_only == "no":
        yield refuse("AUDIO_ONLY_NOT_PAID", rule=rule)
        return
    if case.medicare and encounter.place.site not in (None, *HOME_SITES):
        more = "Medicare covers it for a client at home only."
        yield refuse("AUDIO_ONLY_NOT_PAID", more=more, source="42 CFR 410.78(a)(3)")
        return
    if evidence.video_required:
        yield hold("MODALITY_VIDEO_MISSING", opens=True)
    if case.medicare and encounter.clinician.video_capable is False:
        more = "The clinician could not have used video, which Medicare wants."
        yield hold("MODALITY_VIDEO_MISSING", opens=True, more=more, source="42 CFR 410.78(a)(3)")
    if evidence.audio_only_reason is None:
        yield hold("AUDIO_ONLY_REASON_MISSING", opens=True)
    if rule is None:
        return
    if rule.modifiers_audio is None:
        yield hold("RULE_INCOMPLETE", opens=True, more="It lacks: modifiers without picture.", rule=rule)
    elif "95" in rule.modifiers_audio:
        yield hold("RULE_CONFLICT", opens=True, more="It asks for 95, live video, without picture.", rule=rule)
    elif rule.audio_only == "listed" and rule.audio_codes is None:
        yield hold("RULE_INCOMPLETE", more="Its list of codes without picture is not loaded.", rule=rule)
        yield warn("CHECK_PAYER_AUDIO_CODE_LIST", rule=rule)
