package admm

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// TestBlockProx: the proximal operator v of t |.| on a cone is in it, and w - v is a
// slope there: t |u| >= t |v| + (w - v)'(u - v) for all u of the cone, the gates of its
// cell and their mixtures with v among them; a second call, from the rows of the
// first, gives the same.
func TestBlockProx(t *testing.T) {
	for _, a := range []program.Activation{program.ReLU, program.Gated} {
		p := randomProblem(t, loss.Squared, a, 30, 5, false)
		x, err := operator.NewDesign(p.X)
		if err != nil {
			t.Fatal(err)
		}
		blocks := program.BlocksOf(p)
		op := operator.NewOperators(x, p.Activation, p.Cells, blocks, nil)
		k, d := len(blocks), op.D
		prox := newBlockProx(p, newProjectors(p), blocks, true)
		rng := rand.New(rand.NewPCG(3, 1))
		w, v, again, rows := operator.NewGeneral(k, d), operator.NewGeneral(k, d), operator.NewGeneral(k, d), operator.NewGeneral(k, op.N)
		zero, moved := 0, 0
		for range 20 {
			threshold := 2 * rng.Float64()
			for i := range w.Data {
				w.Data[i] = rng.NormFloat64()
			}
			for _, to := range []*[]float64{&v.Data, &again.Data} {
				into := v
				into.Data = *to
				if err := prox.at(into, w, threshold); err != nil {
					t.Fatal(err)
				}
			}
			if !floats.EqualApprox(v.Data, again.Data, 1e-12) {
				t.Errorf("%v: another result from the rows of the last call", a)
			}
			if !a.Gated {
				x.Mul(rows, v)
				op.Slack(rows)
				if least := floats.Min(rows.Data); least < -1e-12 {
					t.Errorf("%v: %v outside the cone", a, least)
				}
			}
			for j, b := range blocks {
				vj, wj := operator.RowOf(v, j), operator.RowOf(w, j)
				if floats.Norm(vj, 2) == 0 {
					zero++
				} else if prox.face != nil && prox.face[j].Rows > 0 {
					moved++
				}
				for range 5 {
					u, share := make([]float64, d), 3*rng.Float64()
					floats.AddScaled(u, share, vj)
					floats.AddScaled(u, 3*rng.Float64(), p.Cells[b.Cell].Gate)
					slope := 0.0
					for i, ui := range u {
						slope += (wj[i] - vj[i]) * (ui - vj[i])
					}
					if rise := threshold * (floats.Norm(u, 2) - floats.Norm(vj, 2)); slope > rise+1e-12*math.Abs(slope)+1e-12 {
						t.Fatalf("%v: w - v is no slope: %v rises by %v, not by %v", a, u, rise, slope)
					}
				}
			}
		}
		if zero == 0 || (moved == 0) != a.Gated {
			t.Errorf("%v: %d results are zero, %d on a face: nothing is tested", a, zero, moved)
		}
	}
}
