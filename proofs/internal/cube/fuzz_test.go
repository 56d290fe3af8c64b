package cube

import (
	"os"
	"path/filepath"
	"testing"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/strict"
)

func FuzzApprox(f *testing.F) {
	paths, err := filepath.Glob("../../testdata/runs/valid/*/" + ModelFile)
	if err != nil || len(paths) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		nodes, err := os.ReadFile(filepath.Join(filepath.Dir(path), NodesFile))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, nodes)
	}
	f.Fuzz(func(t *testing.T, text, nodes []byte) {
		m := new(cubeModel)
		if strict.JSON(text, m) != nil || m.check() != nil {
			return
		}
		if c, err := m.readCorrections(nodes); err == nil && len(c) != len(m.Grades) {
			t.Error("corrections and grades do not go together")
		}
	})
}

func FuzzFormula(f *testing.F) {
	for _, text := range []string{"sin(3*x)+abs(x-1/3)", "floor(x*2)^-2", "min(x,y)*max(x^2,1-y)", "pow(x,0.5)-exp(log(1+y))", "-tan(x/2)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := newFormula(text, 2)
		if err != nil {
			return
		}
		box := []exact.Bracket{{Lo: 0, Hi: 0.5}, {Lo: 0.25, Hi: 1}}
		whole, err := p.evaluator().value(box)
		if err != nil {
			return
		}
		at, err := p.evaluator().value([]exact.Bracket{exact.At(0.25), exact.At(0.5)})
		if err == nil && (at.Hi < whole.Lo || at.Lo > whole.Hi) {
			t.Errorf("%q: %v at a point of a box where it is in %v", text, at, whole)
		}
	})
}
