"""What states add to the national guide of the 837 professional, one file each, read by companion_files. Pure."""
