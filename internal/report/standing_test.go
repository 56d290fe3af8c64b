package report

import (
	"strings"
	"testing"

	"multigrade/approx"
	"multigrade/grade"
	"multigrade/proofs"
	"multigrade/solver"
)

// A page calls proved or certified only what the checker found valid for it.
func TestProvedIsChecked(t *testing.T) {
	said := func(v proofs.Verdict) *proofs.Report {
		return &proofs.Report{Claims: []proofs.Claim{{Name: "ledger", Scope: "grade 1", Verdict: v}}}
	}
	target, err := approx.ParseExpr("sin(3*x)", 0)
	if err != nil {
		t.Fatal(err)
	}
	o := approx.DefaultOptions()
	o.Grades = 2
	scheme, err := approx.Build(t.Context(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		checked *proofs.Report
		proved  bool
	}{{nil, false}, {said(proofs.Invalid), false}, {said(proofs.Malformed), false}, {said(proofs.Valid), true}} {
		r := trained(t, wave(30, 1, 1), func(o *grade.Options) { o.Scope, o.Patterns, o.Grades = grade.Global, 0, 1 })
		r.Checked, r.CutShort = c.checked, true
		cube, err := NewCube(scheme)
		if err != nil {
			t.Fatal(err)
		}
		cube.Checked = c.checked
		for _, page := range []string{written(t, r), written(t, cube)} {
			for _, word := range []string{" proved", "Certified, "} {
				if strings.Contains(page, word) != c.proved {
					t.Errorf("checked %v: the page has %q: %v", c.checked, word, !c.proved)
				}
			}
		}
		if !strings.Contains(written(t, r), "cut short before the checker") {
			t.Error("nothing says that the run was cut short")
		}
	}
	for _, s := range solver.Statuses() {
		for _, stands := range []Standing{Claimed, Refused} {
			if text := Meaning(s, grade.Restricted, stands); strings.Contains(text, "proved") || !strings.Contains(text, stands.String()) {
				t.Errorf("%v: %s", s, text)
			}
		}
	}
}

// Scores in cross-validation are numbers of the ledger that nobody can check.
func TestScoresAreNotCertified(t *testing.T) {
	r := trained(t, wave(30, 1, 1), nil)
	r.Plan = &grade.Plan{Folds: 3, Choices: make([]grade.Choice, r.last())}
	r.Checked = &proofs.Report{Claims: []proofs.Claim{{Verdict: proofs.Valid}}}
	page := written(t, r)
	for _, text := range []string{"none of split cv", "(Not certified.)", "nobody can check them"} {
		if !strings.Contains(page, text) {
			t.Errorf("no %q on the page", text)
		}
	}
}
