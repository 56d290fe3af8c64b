package certificate

import (
	"strings"
	"testing"

	"multigrade/proofs/internal/verdict"
)

// smallGlobal is the smallest certificate of FORMAT.md with a section global:
// rank 1, two orthants, which are leaves. m(nu) = 1 for nu = 1 and X = (1).
const smallGlobal = `multigrade-certificate 1
rows 1
cols 1
neurons 0
patterns 0
multipliers 0
section program
activation relu
loss squared
intercept false
beta BETA
sha256 5f07eef034c5a21fedede8ef2f970fefbcc8ea44c02fd970117dacbee5483005
section data dense
x 1
y 1
section network
constant 0
primal 0.5
objective 0.5
section dual restricted
nu 1
bound 0.5
section patterns
section gap
rel_gap 0
tol 1e-06
status optimal
section global FORM
nu 1
bound 0.5
rel_gap 0
status optimal
EVIDENCE
end
`

func globalText(beta, form, evidence string) string {
	return strings.NewReplacer("BETA", beta, "FORM", form, "EVIDENCE", evidence).Replace(smallGlobal)
}

func hashed(plus, minus string) string {
	g := &Global{Plus: []byte(plus), Minus: []byte(minus)}
	return treeHash(g)
}

func tree(plus, minus string) string {
	return "tree+ " + field(plus) + "\ntree- " + field(minus) + "\nsha256 " + hashed(plus, minus)
}

func field(text string) string { return string(rune('0'+len(text))) + " " + text }

func TestGlobalSection(t *testing.T) {
	for _, s := range []struct {
		name, beta, form, evidence string
		want                       verdict.Verdict
		detail                     string
	}{
		{"tree", "1.0000000001", "tree", tree("..", ".."), verdict.Valid, ""},
		{"closed", "1.0000000001", "closed", "quadratic+ 1 1.00000000001 0.50000000001\nquadratic- 1 0 0.25000000001", verdict.Valid, ""},
		{"beta too small for the tree", "0.999999", "tree", tree("..", ".."), verdict.Invalid, "leaf shows"},
		{"beta too small for the closed form", "0.999999", "closed", "quadratic+ 1 1.00000000001 0.50000000001\nquadratic- 1 0 0.25000000001", verdict.Invalid, "closed form shows"},
		{"mu too small", "1.0000000001", "closed", "quadratic+ 1 0.999999 0.50000000001\nquadratic- 1 0 0.25000000001", verdict.Invalid, "positive semidefinite"},
		{"tau too small", "1.0000000001", "closed", "quadratic+ 1 1.00000000001 0.50000000001\nquadratic- 1 0 0.2499999", verdict.Invalid, "positive semidefinite"},
		{"tau negative", "1.0000000001", "closed", "quadratic+ 1 1.00000000001 0.50000000001\nquadratic- 1 0 -0.1", verdict.Invalid, "positive semidefinite"},
		{"mu negative", "1.0000000001", "closed", "quadratic+ 1 1.00000000001 0.50000000001\nquadratic- 1 -0.1 0.4", verdict.Invalid, "mu >= 0"},
		{"b negative", "1.0000000001", "closed", "quadratic+ -1 1.00000000001 0.50000000001\nquadratic- 1 0 0.25000000001", verdict.Invalid, "b > 0"},
		{"b zero", "1.0000000001", "closed", "quadratic+ 1 1.00000000001 0.50000000001\nquadratic- 0 0 0.25000000001", verdict.Invalid, "b > 0"},
		{"a number missing", "1.0000000001", "closed", "quadratic+ 1 1.00000000001\nquadratic- 1 0 0.25000000001", verdict.Malformed, "quadratic+"},
		{"one leaf missing", "1.0000000001", "tree", tree(".", ".."), verdict.Invalid, "1 trees"},
		{"one leaf too many", "1.0000000001", "tree", tree("..", "..."), verdict.Invalid, "3 trees"},
		{"an edge rank 1 has not", "1.0000000001", "tree", tree("0...", ".."), verdict.Invalid, "edge"},
		{"unknown node", "1.0000000001", "tree", tree(".x", ".."), verdict.Malformed, "node"},
		{"other hash", "1.0000000001", "tree", "tree+ 2 ..\ntree- 2 ..\nsha256 " + hashed("...", "."), verdict.Malformed, "hash"},
		{"cut off", "1.0000000001", "tree", "tree+ 3 ..\ntree- 2 ..\nsha256 " + hashed("..", ".."), verdict.Malformed, "expected 3"},
		{"no hash", "1.0000000001", "tree", "tree+ 2 ..\ntree- 2 ..", verdict.Malformed, "sha256"},
		{"unknown form", "1.0000000001", "cells", "", verdict.Malformed, "form"},
	} {
		report, err := CheckReader(strings.NewReader(globalText(s.beta, s.form, s.evidence)))
		if err != nil {
			t.Fatal(err)
		}
		worst := verdict.Claim{}
		for _, c := range report.Claims {
			if c.Verdict == report.Verdict() && c.Verdict != verdict.Valid {
				worst = c
			}
		}
		if report.Verdict() != s.want || !strings.Contains(worst.Detail, s.detail) {
			t.Errorf("%s: %v %q, want %v with %q", s.name, report.Verdict(), worst.Detail, s.want, s.detail)
		}
		agree(t, s.name, globalText(s.beta, s.form, s.evidence))
	}
}

// TestTreeOfRankZero: where X is zero there is one orthant, and its leaf is true
// whatever beta is.
func TestTreeOfRankZero(t *testing.T) {
	for text, want := range map[string]verdict.Verdict{tree(".", "."): verdict.Valid, tree("..", "."): verdict.Invalid} {
		c, err := Decode(strings.NewReader(globalText("0", "tree", text)))
		if err != nil {
			t.Fatal(err)
		}
		c.Data.X.Values[0] = 0
		c.Program.SHA256 = ProgramHash(c.Data.X, c.Data.Y)
		if r := Check(c, c.Data.X, c.Data.Y); r.Verdict() != want {
			t.Errorf("%q: %+v", text, r.Claims)
		}
	}
}
