package export

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"multigrade/proofs"
)

const coqLibrary = "../../proofs/coq"

// TestCoqAgrees: what the checker of proofs decides of the dual side of the certificates of
// its corpora, Coq decides, too.
func TestCoqAgrees(t *testing.T) {
	if _, err := os.Stat(filepath.Join(coqLibrary, "Checker.vo")); err != nil || exec.Command("coqc", "--version").Run() != nil {
		t.Skip("no compiled library of Coq (make -C proofs/coq)")
	}
	var text strings.Builder
	text.WriteString("From Coq Require Import List ZArith.\nFrom Multigrade Require Import Checker.\nImport ListNotations.\nOpen Scope Z_scope.\n")
	counts := map[bool]int{}
	for _, corpus := range []string{"valid", "invalid"} {
		files, err := filepath.Glob("../../proofs/internal/certificate/testdata/" + corpus + "/*.cert")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			c, holds := decided(t, name)
			if c == nil {
				continue
			}
			definition, err := coqDefinition(c, RowsOf(c.Data.X), c.Data.Y)
			if err != nil {
				continue // weights, other activations
			}
			check := "check"
			if c.Program.Activation == proofs.Gated {
				check = "check_gated"
			}
			k := counts[true] + counts[false]
			counts[holds]++
			fmt.Fprintf(&text, "(* %s *)\nModule M%d.\n%sEnd M%d.\nGoal %s M%d.certificate = %t.\nProof. vm_compute. reflexivity. Qed.\n", name, k, definition, k, check, k, holds)
		}
	}
	if counts[true] < 100 || counts[false] < 20 {
		t.Errorf("%d certificates hold, %d do not", counts[true], counts[false])
	}
	file := filepath.Join(t.TempDir(), "corpora.v")
	if err := os.WriteFile(file, []byte(text.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("coqc", "-Q", coqLibrary, "Multigrade", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// decided is a certificate with its data, and whether what Coq decides of it holds: the
// multipliers, the dual constraints and the bound.
func decided(t *testing.T, name string) (c *proofs.Certificate, holds bool) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if c, err = proofs.Decode(file); err != nil || c.Data == nil {
		return nil, false
	}
	report, err := proofs.CheckFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return c, dualSideHolds(report)
}

func dualSideHolds(report proofs.Report) bool {
	for _, claim := range report.Claims {
		switch claim.Name {
		case proofs.ClaimMultipliers, proofs.ClaimDualFeasible, proofs.ClaimDual:
			if claim.Verdict != proofs.Valid && claim.Scope != proofs.ScopeGlobal {
				return false
			}
		}
	}
	return true
}
