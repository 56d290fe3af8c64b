package certificate

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// conjugates are the theorems, in ../../coq/theorems, about the dual functions of the
// losses.
var conjugates = map[string]string{
	Squared: "WeakDuality squares_conjugate", Huber: "Losses huber_conjugate", L1: "Losses absolute_conjugate", LInf: "Losses maximum_conjugate",
	Quantile: "Losses quantile_conjugate", Logistic: "Losses logistic_conjugate", Hinge: "Losses hinge_conjugate", Monotone: "Losses monotone_conjugate",
}

// TestLossesListed: whatever the checker knows a loss by is in the table and the grammar of
// FORMAT.md, has a theorem, and certificates that are valid and invalid, which the naive
// checker reads, too.
func TestLossesListed(t *testing.T) {
	format, theorems := read(t, "../../FORMAT.md"), read(t, "../../coq/theorems")
	for _, name := range LossNames {
		if !regexp.MustCompile(`(?m)^\| ` + name + `( t)? \|`).Match(format) {
			t.Errorf("FORMAT.md has no row for loss %s", name)
		}
		if !regexp.MustCompile(`(?m)^    loss (.*\|)?` + name + `[| ]`).Match(format) {
			t.Errorf("the grammar in FORMAT.md has no loss %s", name)
		}
		if c := conjugates[name]; c == "" || !bytes.Contains(theorems, []byte("\n"+c+"\n")) {
			t.Errorf("loss %s: theorem %q is not among those of Coq", name, c)
		}
		for _, corpus := range []string{"valid", "invalid"} {
			if !anyHasLine(t, corpus, regexp.MustCompile(`(?m)^loss `+name+`( |$)`)) {
				t.Errorf("testdata/%s has no certificate of loss %s", corpus, name)
			}
		}
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// anyHasLine looks through the certificates of a corpus.
func anyHasLine(t *testing.T, corpus string, line *regexp.Regexp) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", corpus, "*.cert"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if line.Match(read(t, f)) {
			return true
		}
	}
	return false
}
