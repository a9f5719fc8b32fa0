"""Print what tells a live picture from a blank one in the recorded traces: `python -m tests.traces.table`.

For each kind of picture the extremes over all whole seconds of all traces: median frame, bytes a second, the spread of
frame sizes (largest by smallest), and how many seconds the media room calls right.
"""

from __future__ import annotations

from collections import defaultdict

from tests.traces.traces import PICTURES, SOUND, Trace, every, frames, states


def line(trace: Trace) -> list[str]:
    """One trace's acts in words."""
    said = []
    for act in trace.acts:
        seconds = [sizes for sizes in frames(act) if sizes]
        medians = [sorted(sizes)[len(sizes) // 2] for sizes in seconds]
        rates = [sum(sizes) for sizes in seconds]
        told = states(act)
        right = sum(audio is SOUND[act.sound] and video in PICTURES[act.picture] for audio, video in told)
        spread = f"median {min(medians)}-{max(medians)} B, {min(rates)}-{max(rates)} B/s" if seconds else "no frames"
        counts = f"{min(map(len, seconds))}-{max(map(len, seconds))} fps" if seconds else ""
        said.append(f"  {act.picture:7} {act.sound:6} {right}/{act.seconds} right  {spread} {counts}")
    return said


def main() -> None:
    """Print every trace, then the extremes by picture."""
    extremes: dict[tuple[str, bool], list[tuple[int, int]]] = defaultdict(list)
    for trace in every():
        print(trace.name)
        print("\n".join(line(trace)))
        for act in trace.acts:
            for sizes in frames(act):
                if sizes:
                    extremes[act.picture, trace.encrypted].append((sorted(sizes)[len(sizes) // 2], sum(sizes)))
    print()
    for (picture, encrypted), seen in sorted(extremes.items()):
        medians, rates = [one[0] for one in seen], [one[1] for one in seen]
        print(
            f"{picture:7} {'encrypted' if encrypted else 'plain':9} {len(seen):3} s  "
            f"median frame {min(medians)}-{max(medians)} B  rate {min(rates)}-{max(rates)} B/s"
        )


if __name__ == "__main__":
    main()
