"""Payer rules as dated, cited data; `billing_hooks.rules` gives them their types. Pure."""
