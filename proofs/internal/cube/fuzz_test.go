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

func FuzzTrained(f *testing.F) {
	paths, err := filepath.Glob("../../testdata/runs/valid/*/" + TrainedFile)
	if err != nil || len(paths) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m := new(trainedModel)
		if strict.JSON(text, m) != nil || m.check() != nil {
			return
		}
		for k := range m.Grades {
			for _, u := range m.Grades[k].Units {
				if len(u.W) != m.inputs(k+1) {
					t.Error("units and inputs do not go together")
				}
			}
		}
	})
}

func FuzzNetwork(f *testing.F) {
	const run = "../../testdata/runs/valid/network"
	m, corrections, _, err := readCubeModel(run)
	if err != nil {
		f.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(run, NetworkFile))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		c := &cubeChecker{model: m, corrections: corrections}
		if err := os.WriteFile(filepath.Join(dir, NetworkFile), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := c.judgeNetworks(dir, len(corrections), c.serves); err != nil {
			t.Fatal(err)
		}
		if len(c.report.Claims) == 0 {
			t.Error("nothing is said")
		}
	})
}
