"""What was checked, in the order it was checked, and what could not be."""

from dataclasses import dataclass, field


@dataclass
class Report:
    """Failed checks, and what the judge cannot do. Both are printed, whatever the verdict."""

    failures: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)

    def check(self, what: str, holds: bool, observed: object = "") -> bool:
        """Notes one check and shows what was seen when it fails."""
        if holds:
            print(f"  pass  {what}", flush=True)
        else:
            print(f"  FAIL  {what}: {observed}", flush=True)
            self.failures.append(what)
        return holds

    def note_gap(self, what: str, why: str) -> None:
        """Something that the judge cannot show, so nobody takes it for rehearsed."""
        self.gaps.append(f"{what}: {why}")

    def finish(self) -> int:
        """Prints the gaps and the verdict; the exit code."""
        print("\nNot rehearsed, since the judge cannot do it:")
        for gap in self.gaps:
            print(f"  - {gap}")
        if self.failures:
            print(f"\nThe rehearsal failed: {len(self.failures)} check(s).")
            return 1
        print("\nThe rehearsal passed.")
        return 0
