package grade

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver"
)

// table is a RowFile in memory.
type table struct{ *mat.Dense }

func (t table) Read(dst []float64, first int) error {
	_, cols := t.Dims()
	copy(dst, t.RawMatrix().Data[first*cols:first*cols+len(dst)])
	return nil
}

// someTable has n rows of three features, the second constant, and a target, or classes 3 and 5.
func someTable(n int, classes bool) table {
	rng := rand.New(rand.NewPCG(4, 5))
	t := mat.NewDense(n, 4, nil)
	for i := range n {
		a, b := 2+3*rng.NormFloat64(), rng.NormFloat64()
		y := math.Abs(a-1) + max(0, b) + rng.NormFloat64()/4
		if classes {
			y = 3 + 2*math.Round(1/(1+math.Exp(3-y)))
		}
		t.SetRow(i, []float64{a, 0.1, b, y})
	}
	return table{t}
}

// asData is a table in memory as Train takes it.
func asData(t *testing.T, file table) *Data {
	t.Helper()
	n, cols := file.Dims()
	l, err := NewLabels("", [][]float64{mat.Col(nil, cols-1, file)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Data{Source: someSource(n), X: mat.DenseCopyOf(file.Slice(0, n, 0, cols-1)), Labels: *l}
}

func someSource(n int) Source {
	return Source{Name: "made up", Kind: "npy", Rows: n, Features: 3, Columns: []string{"x1", "x2", "x3"}, Target: []string{"y"}}
}

// TestTrainRows: what out of core is not the solver's is the same to the bit as in memory, and
// both networks are optimal to the tolerance.
func TestTrainRows(t *testing.T) {
	for _, classes := range []bool{false, true} {
		for _, standardize := range []bool{true, false} {
			carry := classes == standardize
			n := 700
			if classes {
				n = 150
			} // in memory the logistic loss takes its time
			file := someTable(n, classes)
			o := DefaultOptions()
			o.Scope, o.Patterns, o.Standardize, o.Carry = Restricted, 20, standardize, carry
			data, err := NewRowData(t.Context(), someSource(n), file, "")
			if err != nil {
				t.Fatal(err)
			}
			o.Loss, o.Grades = data.Labels.Task.Loss(), 2
			got, err := TrainRows(t.Context(), data, o, Earlier{}, Silent{})
			if err != nil {
				t.Fatal(err)
			}
			want, err := Train(t.Context(), asData(t, file), o)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got.Model.Input, want.Model.Input) || !reflect.DeepEqual(got.Model.Output, want.Model.Output) || !reflect.DeepEqual(got.Model.Classes, want.Model.Classes) ||
				!reflect.DeepEqual(got.Model.CarryShift, want.Model.CarryShift) || carry != (got.Model.CarryShift != nil) {
				t.Errorf("the rows are standardised otherwise: %+v, in memory %+v", got.Model.Input, want.Model.Input)
			}
			a, b := got.Grades[0].Outputs[0], want.Grades[0].Outputs[0]
			if a.Hash != b.Hash {
				t.Error("the program is another")
			}
			if !(a.Dual <= b.Primal && b.Dual <= a.Primal*(1+1e-6)) || a.Status != solver.Optimal {
				t.Errorf("%v: the optimum is in [%v, %v], in memory in [%v, %v]", a.Status, a.Dual, a.Primal, b.Dual, b.Primal)
			}
			// the ledger in memory of the network from out of core
			m := got.Model
			p := newSplitState(m, asData(t, file), OnTrain, upTo(n))
			var l Ledger
			l.open(m, p, &o)
			for k, g := range got.Grades {
				target := p.e[0]
				if classes {
					target = p.y[0]
				}
				if classes && k > 0 {
					target = slices.Concat(target, p.total[0])
				}
				if ProgramHash(p.input(m.Bias), target) != g.Outputs[0].Hash {
					t.Errorf("grade %d: the program is another than in memory behind the same grades", k+1)
				}
				if s := m.Grades[k].evaluate(p.h, m.Bias, false).scales(); !reflect.DeepEqual(s, m.Grades[k].FeatureScale) {
					t.Errorf("the features are scaled by %v, in memory by %v", m.Grades[k].FeatureScale, s)
				}
				l.add(m, p, g, &o)
				p.pass(g.Grade, m.Bias)
			}
			if len(got.Grades) != o.Grades || len(got.Ledger) != len(l) {
				t.Fatalf("%d grades and %d entries of the ledger, want %d and %d (%s)", len(got.Grades), len(got.Ledger), o.Grades, len(l), got.Stopped)
			}
			for k := range l {
				x, y := got.Ledger[k], l[k]
				for _, v := range []*Entry{&x, &y} {
					if math.IsNaN(v.Accuracy) {
						v.Accuracy = -1
					}
				}
				if x != y {
					t.Errorf("the ledger has %+v, in memory %+v", x, y)
				}
			}
		}
	}
}

// TestTakeUpRows: behind the grades of an earlier run the rest comes out the same to the bit, and grades
// of other rows are refused.
func TestTakeUpRows(t *testing.T) {
	of := func(n int) *RowData {
		data, err := NewRowData(t.Context(), someSource(n), someTable(n, false), "")
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	o := DefaultOptions()
	o.Scope, o.Patterns, o.Grades, o.Loss = Restricted, 10, 3, solver.Squared
	solved := map[int]*Solved{}
	whole, err := TrainRows(t.Context(), of(300), o, Earlier{}, told{solved: func(k, _ int, s *Solved, lasting bool) error {
		if !lasting {
			t.Errorf("grade %d is not lasting", k)
		}
		solved[k] = &Solved{Account: s.Account, Output: s.Output, Hash: s.Hash}
		return nil
	}})
	if err != nil || len(solved) != 3 {
		t.Fatalf("%d grades, %v", len(solved), err)
	}
	for kept := 1; kept <= 3; kept++ {
		earlier := Earlier{Finished: func(k, _ int) *Solved {
			if k > kept {
				return nil
			}
			return solved[k]
		}}
		again := 0
		got, err := TrainRows(t.Context(), of(300), o, earlier, told{solved: func(int, int, *Solved, bool) error { again++; return nil }})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Model, whole.Model) || fmt.Sprint(got.Ledger) != fmt.Sprint(whole.Ledger) || again != 3-kept || len(got.Grades) != 3 {
			t.Errorf("behind grade %d: another run, %d grades of %d solved", kept, again, len(got.Grades))
		}
	}
	every := Earlier{Finished: func(k, _ int) *Solved { return solved[k] }}
	if _, err := TrainRows(t.Context(), of(301), o, every, Silent{}); !errors.Is(err, ErrFinished) {
		t.Errorf("of other rows: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cut, err := TrainRows(ctx, of(300), o, Earlier{}, told{trained: func(*Trained) { cancel() }})
	if err != nil || !cut.Cut || len(cut.Grades) != 1 || cut.Status != solver.Interrupted {
		t.Errorf("interrupted: %+v, %v", cut, err)
	}
}

// TestGaussianGates: they are the gates that a sample of cells has.
func TestGaussianGates(t *testing.T) {
	x := someTable(50, false)
	gates := hyperplane.GaussianGates(4, 30, 9)
	cells, err := hyperplane.SampleGaussian(t.Context(), x.Dense, 30, 9)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, c := range cells {
		for at < 30 && !reflect.DeepEqual(gates.RawRowView(at), c.Gate) {
			at++
		}
		if at == 30 {
			t.Fatalf("the gate %v of a cell was not drawn", c.Gate)
		}
	}
}
