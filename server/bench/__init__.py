"""What forwarding costs here, beside what it costs others: ``antechamber bench media``. Shell (asyncio, processes)."""
