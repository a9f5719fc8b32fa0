"""The code tables as data, replaceable by a site's licensed file; `billing_hooks.pack` gives them their types. Pure."""
