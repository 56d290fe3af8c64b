package prove

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"multigrade/internal/run"
)

func FuzzPlan(f *testing.F) {
	dir := f.TempDir()
	versions, err := json.Marshal(run.Versions())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(`{"format":"multigrade-proof","version":1,"versions":` + string(versions) + `,"grade":1,"shards":7,"leaves":9,"round":1,` +
		`"outputs":[{"output":1,"sha256":"","nu":[1,-1],"target":2,"plus":"e0,?,.","minus":"?"}]}`)
	f.Add(`{"format":"multigrade-proof","version":1,"versions":{},"grade":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(filepath.Join(dir, planFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p, _, err := ReadPlan(dir)
		if err != nil {
			return
		}
		if p.Check(p.Count()) == nil || p.Count() > p.Open() {
			t.Errorf("%d shards of %d leaves", p.Count(), p.Open())
		}
	})
}
