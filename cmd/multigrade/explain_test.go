package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestClaimsExplained: --explain has a sentence for every claim there is.
func TestClaimsExplained(t *testing.T) {
	source, err := os.ReadFile("../../proofs/claims.go")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`(?m)^\tClaim\w+ += \w+\.Claim`).FindAll(source, -1)
	if len(names) != len(claimMeanings) || len(names) < 30 {
		t.Errorf("%d claims, %d explained", len(names), len(claimMeanings))
	}
}

func TestExplainFitsTheTerminal(t *testing.T) {
	var list []explanation
	for name, meaning := range claimMeanings {
		list = append(list, explanation{name, meaning})
	}
	var out strings.Builder
	if err := explain(&out, list); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if len(line) > 80 {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}
