package run

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"multigrade/grade"
	"multigrade/proofs"
)

// The records of a checkpoint, with the hash that belongs to them: whichever they are
// read as, they are refused or hold together.
func FuzzCheckpoint(f *testing.F) {
	c, err := decodeCertificate("../../proofs/testdata/runs/valid/restricted/certificates/grade-001-output-1.cert", proofs.Decode)
	if err != nil {
		f.Fatal(err)
	}
	one := finishedOutput{Grade: 1, Output: 1, Hash: c.Program.SHA256}
	one.Network.Beta, one.Network.Constant = c.Program.Beta, c.Network.Constant
	for _, v := range []any{&one, &identity{Format: checkpointFormat, Version: checkpointVersion}, &grade.Plan{Folds: 1}} {
		content, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	dir := f.TempDir()
	path := filepath.Join(dir, "record.json")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, fmt.Appendf(nil, "{\"sha256\":%q,\"content\":%s}\n", Sha256Hex(content), content), 0o600); err != nil {
			t.Fatal(err)
		}
		var record finishedOutput
		if ReadRecord(path, &record) == nil && record.agrees(c) == nil && record.Network.Beta != c.Program.Beta {
			t.Error("a record of another program")
		}
		var a, b identity
		if ReadRecord(path, &a) == nil && ReadRecord(path, &b) == nil && a.differs(&b) != "" {
			t.Error("differs from itself by " + a.differs(&b))
		}
		r := &recorder{o: &grade.Options{Grades: 3}}
		if r.loadPlan(path) == nil && (r.plan.Folds < 1 || len(r.plan.Choices) > 3) {
			t.Error("a plan that is none")
		}
	})
}
