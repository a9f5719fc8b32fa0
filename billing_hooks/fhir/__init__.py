"""Our values as FHIR R4 resources: Encounter, Appointment, Location, Consent, Provenance, Coverage, Claim. Pure.

Small builders of JSON objects, no model library at run time. The tests hold every resource against two: fhirclient,
whose models are R4 (4.0.1) itself, and fhir.resources, which ships R5, R4B (4.3.0) and STU3 but no R4: its R4B models
fit, because for these seven resources R4B changed nothing that we use. Sources: hl7.org/fhir/R4, US Core 6.1 for
Encounter and Coverage (their must-support members are there where we have the values; no profile is claimed).
References are to ids of our own (Patient/cli_..., Practitioner/stf_...); whoever takes them maps them. No display text
stands beside a procedure code: its words are the American Medical Association's.
"""
