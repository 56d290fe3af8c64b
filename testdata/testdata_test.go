package testdata

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"
)

// SOURCES.md names every file with the hash of what is embedded.
func TestSources(t *testing.T) {
	sources, err := os.ReadFile("SOURCES.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string][]byte{"co2_weekly.csv": CO2Weekly, "diabetes.csv": Diabetes} {
		sum := fmt.Sprintf("%x", sha256.Sum256(raw))
		found := false
		for line := range strings.Lines(string(sources)) {
			found = found || strings.HasPrefix(line, "| "+name+" |") && strings.Contains(line, sum)
		}
		if !found {
			t.Errorf("%s with hash %s is not in SOURCES.md", name, sum)
		}
	}
}
