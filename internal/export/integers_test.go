package export

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"multigrade/proofs"
)

const extractedChecker = "../../proofs/coq/extracted/multigrade-coq-checker"

// TestExtractedAgrees: what the checker of proofs decides of the dual side of the
// certificates of its corpora and of the network's own objective, and of these with a
// number changed, the program extracted from Coq decides, too.
func TestExtractedAgrees(t *testing.T) {
	if _, err := os.Stat(extractedChecker); err != nil {
		t.Skip("no extracted checker (make -C proofs/coq checker)")
	}
	dir := t.TempDir()
	var files, want []string
	counts := map[bool]int{}
	add := func(c *proofs.Certificate) {
		text, err := Integers(c, RowsOf(c.Data.X), c.Data.Y)
		if err != nil {
			return // weights, other activations
		}
		report := proofs.CheckCertificate(c, c.Data.X, c.Data.Y)
		if report.Verdict() == proofs.Malformed {
			return
		}
		holds := dualSideHolds(report)
		if withNetwork(c) {
			feasible, objective := claimHolds(report, proofs.ClaimPrimalFeasible), claimHolds(report, proofs.ClaimObjective)
			if c.Program.Loss == proofs.Monotone && !feasible {
				return // out of its cones, or of the box that Coq asks for
			}
			holds = holds && objective && (c.Program.Intercept || c.Network.Constant == 0)
		}
		file := filepath.Join(dir, fmt.Sprintf("%d", len(files)))
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
		files, want = append(files, file), append(want, fmt.Sprintf("%s: %s", file, map[bool]string{true: "accepted", false: "refused"}[holds]))
		counts[holds]++
	}
	for _, corpus := range []string{"valid", "invalid"} {
		names, err := filepath.Glob("../../proofs/internal/certificate/testdata/" + corpus + "/*.cert")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if c, _ := decided(t, name); c != nil {
				add(c)
				eachChanged(c, func() { add(c) })
			}
		}
	}
	t.Logf("%d accepted, %d refused by both", counts[true], counts[false])
	if counts[true] < 500 || counts[false] < 500 {
		t.Errorf("%d certificates hold, %d do not", counts[true], counts[false])
	}
	out, _ := exec.Command(extractedChecker, files...).Output()
	for k, got := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if k >= len(want) || got != want[k] {
			content, _ := os.ReadFile(files[min(k, len(files)-1)])
			t.Fatalf("%s, expected %s\n%s", got, want[min(k, len(want)-1)], content)
		}
	}
}

// eachChanged calls f with c changed in one number of its data or its dual side; c is as
// before after the call.
func eachChanged(c *proofs.Certificate, f func()) {
	to := func(p *float64, values ...float64) {
		old := *p
		for _, v := range values {
			if v != old && !math.IsInf(v, 0) {
				*p = v
				f()
			}
		}
		*p = old
	}
	near := func(v float64) []float64 {
		return []float64{math.Nextafter(v, math.Inf(1)), math.Nextafter(v, math.Inf(-1)), -v, 2*v + 1, 0}
	}
	to(&c.Dual.Bound, near(c.Dual.Bound)...)
	to(&c.Program.Beta, c.Program.Beta/2, 2*c.Program.Beta, 0)
	for i := range min(3, len(c.Dual.Nu)) {
		to(&c.Dual.Nu[i], near(c.Dual.Nu[i])...)
		to(&c.Data.Y[i], -c.Data.Y[i])
	}
	for i := range min(2, len(c.Program.Offset)) {
		to(&c.Program.Offset[i], -c.Program.Offset[i], 2*c.Program.Offset[i]+1)
	}
	to(&c.Network.Objective, near(c.Network.Objective)...)
	to(&c.Network.Constant, near(c.Network.Constant)...)
	for k := range min(2, len(c.Network.Neurons)) {
		u := &c.Network.Neurons[k]
		to(&u.Alpha, near(u.Alpha)...)
		to(&u.W[0], near(u.W[0])...)
	}
	for k := range min(2, len(c.Data.X.Values)) {
		to(&c.Data.X.Values[k], -c.Data.X.Values[k])
	}
	for k := range min(2, len(c.Patterns)) {
		p := &c.Patterns[k]
		p.Words[0] ^= 1
		f()
		p.Words[0] ^= 1
		for _, multipliers := range [][]proofs.Multiplier{p.Plus, p.Minus} {
			if len(multipliers) > 0 {
				to(&multipliers[0].Value, near(multipliers[0].Value)...)
			}
		}
	}
}

func claimHolds(report proofs.Report, name string) bool {
	for _, claim := range report.Claims {
		if claim.Name == name {
			return claim.Verdict == proofs.Valid
		}
	}
	return false
}
