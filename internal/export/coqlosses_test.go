package export

import (
	"strings"
	"testing"

	"multigrade/solver"
)

// TestCoqLosses: every loss that a user may choose has a constructor in the library of Coq.
func TestCoqLosses(t *testing.T) {
	names := strings.FieldsFunc(solver.LossUsage(), func(r rune) bool { return r == ',' || r == ';' || r == ' ' })
	known := 0
	for _, text := range names {
		name, _, _ := strings.Cut(text, ":")
		switch _, ok := coqLosses[name]; {
		case ok:
			known++
		case name != "for" && name != "classes" && name != "also":
			t.Errorf("loss %s has no constructor", name)
		}
	}
	if known != len(coqLosses)-1 { // monotone is set by other means than its name
		t.Errorf("%d losses of %d known", known, len(coqLosses)-1)
	}
}
