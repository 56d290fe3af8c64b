package main

import (
	"os"
	"regexp"
	"testing"

	"multigrade/solver"
)

// TestLossesInReadme: README names every loss that --loss reads, but for the default.
func TestLossesInReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`[a-z0-9]+(:[A-Z])?(,|;|$)`).FindAllString(solver.LossUsage(), -1)
	if len(names) < 7 {
		t.Fatalf("%q lists %q", solver.LossUsage(), names)
	}
	for _, name := range names {
		name = regexp.MustCompile(`^[a-z0-9]+`).FindString(name)
		if name != solver.Squared.Name() && !regexp.MustCompile(`\b`+name+`\b`).Match(readme) {
			t.Errorf("README.md does not name loss %s", name)
		}
	}
}
