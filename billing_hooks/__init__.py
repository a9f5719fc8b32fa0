"""From a finished visit to a coded encounter: the event's contract and signature, the intake, the coder. Pure."""
