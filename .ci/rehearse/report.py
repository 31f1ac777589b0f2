"""What was checked, in the order it was checked. A gap is the judge's, known beforehand, and always printed."""

from dataclasses import dataclass, field


@dataclass
class Report:
    """Passed checks, failed ones, and what the judge cannot do."""

    failures: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def check(self, what: str, holds: bool, observed: object = "", gap: str | None = None) -> bool:
        """Notes one check. `gap` says why the judge is known not to show this, so that a no is not the template's fault."""
        if holds and gap is None:
            print(f"  pass  {what}", flush=True)
        elif holds:
            print(f"  pass  {what} (listed as a gap of the judge; it no longer is)", flush=True)
            self.closed.append(what)
        elif gap is not None:
            print(f"  gap   {what}: {observed}", flush=True)
            self.gaps.append(f"{what}\n      seen: {observed}\n      why:  {gap}")
        else:
            print(f"  FAIL  {what}: {observed}", flush=True)
            self.failures.append(what)
        return holds

    def note_gap(self, what: str, why: str) -> None:
        """Something that the judge cannot show at all, so nothing was tried."""
        self.gaps.append(f"{what}\n      why:  {why}")

    def finish(self) -> int:
        """Prints the gaps and the verdict; the exit code."""
        if self.gaps:
            print("\nNot rehearsed, since the judge cannot do it:")
            for gap in self.gaps:
                print(f"  - {gap}")
        for what in self.closed:
            print(f"\nTake this out of the gaps, the judge does it now: {what}")
        if self.failures:
            print(f"\nThe rehearsal failed: {len(self.failures)} check(s).")
            return 1
        print("\nThe rehearsal passed.")
        return 0
