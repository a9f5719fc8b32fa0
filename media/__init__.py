"""Peers, tracks, and the proof that sound and picture flowed. Imports no other room. Pure."""
