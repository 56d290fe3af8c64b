package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/proofs"
	"multigrade/solver"
)

// degenerate data, by what is degenerate about them: rows of numbers, the last the
// target. What a kind needs of chance comes from rng.
var degenerate = map[string]func(rng *rand.Rand) [][]float64{
	"constant feature": func(rng *rand.Rand) [][]float64 {
		return rows(8, func(i int) []float64 { return []float64{1, rng.Float64()} })
	},
	"constant target": func(rng *rand.Rand) [][]float64 {
		return rows(8, func(i int) []float64 { return []float64{rng.Float64(), 3} })
	},
	"duplicates": func(rng *rand.Rand) [][]float64 {
		return rows(9, func(i int) []float64 { return []float64{float64(i % 3), float64(i%3*2 + 1)} })
	},
	"contradictions": func(rng *rand.Rand) [][]float64 {
		return rows(9, func(i int) []float64 { return []float64{float64(i % 3), rng.Float64()} })
	},
	"opposite": func(rng *rand.Rand) [][]float64 {
		return rows(8, func(i int) []float64 { return []float64{float64(1-i%2*2) * float64(i/2+1), float64(1 - i%2*2)} })
	},
	"collinear": func(rng *rand.Rand) [][]float64 {
		return rows(9, func(i int) []float64 { return []float64{float64(i), 2 * float64(i), float64(i * i)} })
	},
	"one distinct x": func(rng *rand.Rand) [][]float64 {
		return rows(6, func(i int) []float64 { return []float64{2, rng.NormFloat64()} })
	},
	"balanced": func(rng *rand.Rand) [][]float64 {
		return rows(16, func(i int) []float64 { return []float64{float64(i % 4 / 2), float64(i % 2)} })
	},
	"two rows": func(rng *rand.Rand) [][]float64 {
		return rows(2, func(i int) []float64 { return []float64{rng.Float64(), rng.Float64()} })
	},
	"spread of rounding": func(rng *rand.Rand) [][]float64 {
		return rows(8, func(i int) []float64 { return []float64{0.3 + float64(i%2)*0x1p-54, rng.Float64()} })
	},
	"huge feature": func(rng *rand.Rand) [][]float64 {
		return rows(8, func(i int) []float64 { return []float64{1e200 * rng.Float64(), rng.Float64()} })
	},
	"tiny feature": func(rng *rand.Rand) [][]float64 {
		return rows(8, func(i int) []float64 { return []float64{1e-200 * rng.Float64(), rng.Float64()} })
	},
	"huge target": func(rng *rand.Rand) [][]float64 {
		return rows(8, func(i int) []float64 { return []float64{rng.Float64(), 1e200 * rng.Float64()} })
	},
	"tiny target": func(rng *rand.Rand) [][]float64 {
		return rows(8, func(i int) []float64 { return []float64{rng.Float64(), 1e-150 * rng.Float64()} })
	},
	"small target": func(rng *rand.Rand) [][]float64 {
		return rows(8, func(i int) []float64 { return []float64{rng.Float64(), 1e-100 * rng.Float64()} })
	},
	"subnormal target": func(rng *rand.Rand) [][]float64 {
		return rows(8, func(i int) []float64 { return []float64{rng.Float64(), 5e-324 * float64(rng.IntN(99))} })
	},
}

func rows(n int, row func(i int) []float64) [][]float64 {
	all := make([][]float64, n)
	for i := range all {
		all[i] = row(i)
	}
	return all
}

// kindsOfTraining change options that are otherwise those of a small run.
var kindsOfTraining = map[string]func(o *grade.Options){
	"squared":     func(o *grade.Options) {},
	"l1":          func(o *grade.Options) { o.Loss = solver.L1 },
	"linf":        func(o *grade.Options) { o.Loss = solver.LInf },
	"monotone":    func(o *grade.Options) { o.Loss = solver.Monotone },
	"as they are": func(o *grade.Options) { o.Standardize = false },
	"no constant": func(o *grade.Options) { o.Intercept, o.Bias = false, false },
	"restricted":  func(o *grade.Options) { o.Scope, o.Patterns = grade.Restricted, 8 },
	"gated":       func(o *grade.Options) { o.Activation = solver.Gated },
	"width":       func(o *grade.Options) { o.Width = &grade.Budget{Neurons: 3, Work: 0.1} },
	"dead zone":   func(o *grade.Options) { o.DeadZone = true },
	"carry":       func(o *grade.Options) { o.Carry = true },
}

// TestFreshRunsAreValid: whatever the data, a training ends with a run that the
// checker accepts, or says before it begins why the data are not suitable.
func TestFreshRunsAreValid(t *testing.T) {
	seeds := 1
	if *long {
		seeds = 6
	}
	published := 0
	for name, data := range degenerate {
		for kind, set := range kindsOfTraining {
			for seed := range seeds {
				// all pairs take a minute: of the short test each kind of data sees a third
				if !*long && (len(name)+len(kind))%3 != 0 {
					continue
				}
				o := grade.DefaultOptions()
				o.Grades, o.Limits.Work = 2, 1
				set(&o)
				if fresh(t, fmt.Sprintf("%s, %s, seed %d", name, kind, seed), data(rand.New(rand.NewPCG(uint64(seed), 5))), o) {
					published++
				}
			}
		}
	}
	if published < 30 {
		t.Errorf("%d runs are all that were published", published)
	}
}

// fresh trains on the rows and says whether a run was published, after checking it.
func fresh(t *testing.T, name string, table [][]float64, o grade.Options) bool {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "data.csv")
	var csv strings.Builder
	for j := range table[0] {
		fmt.Fprintf(&csv, "%sc%d", []string{"", ","}[min(j, 1)], j)
	}
	for _, row := range table {
		csv.WriteString("\n")
		for j, v := range row {
			fmt.Fprintf(&csv, "%s%v", []string{"", ","}[min(j, 1)], v)
		}
	}
	if err := os.WriteFile(file, []byte(csv.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := ReadSource(file, nil, dataset.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	plain, err := src.PlainTable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := TrainingData(plain, grade.Regression.String())
	if err != nil {
		t.Fatal(err)
	}
	tr := &Training{Out: filepath.Join(folder, "run"), Source: src, Data: data, Options: o, Command: []string{"test"}}
	outcome, err := tr.Run(context.Background())
	var failure *exit.Failure
	if errors.As(err, &failure) && failure.Status == exit.StatusBadCall {
		return false
	}
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return false
	}
	r, err := proofs.CheckRun(context.Background(), outcome.Dir, proofs.RunOptions{})
	if err != nil || r.Verdict() != proofs.Valid {
		t.Errorf("%s: %v %v", name, r.Verdict(), err)
	}
	stated, err := json.Marshal(outcome.Summary())
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if _, found, err := Recount(t.Context(), RunSource{Dir: outcome.Dir}, stated); err != nil || found != nil {
		t.Errorf("%s: contradictions %v, %v", name, found, err)
	}
	return true
}
