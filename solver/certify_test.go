package solver

import (
	"context"
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"

	"multigrade/proofs"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/program"
)

// solved solves p and has the independent checker accept every claim of the
// result: feasibility, both values, the gap.
func solved(t *testing.T, p *program.Problem, o Options) *Result {
	t.Helper()
	r, err := Solve(context.Background(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	mustCheck(t, p, r, o.Tol)
	return r
}

func mustCheck(t *testing.T, p *program.Problem, r *Result, tol float64) {
	t.Helper()
	x := proofMatrix(t, p.X)
	report := proofs.CheckCertificate(proofCertificate(p, r, tol, proofs.ProgramHash(x, slices.Concat(p.Y, offsetOf(p), weightsOf(p)))), x, p.Y)
	for _, c := range report.Claims {
		if c.Verdict != proofs.Valid {
			t.Fatalf("%s: %s: %s", c.Verdict, c.Name, c.Detail)
		}
	}
	if len(report.Claims) == 0 {
		t.Fatal("the checker checked nothing")
	}
}

// offsetOf is the offset of a shifted loss, nil of any other.
func offsetOf(p *program.Problem) []float64 {
	offset, _ := loss.RowsOf(p.LossOrSquared())
	return offset
}

// weightsOf are the weights of a weighted loss, nil of any other.
func weightsOf(p *program.Problem) []float64 {
	_, weight := loss.RowsOf(p.LossOrSquared())
	return weight
}

func proofCertificate(p *program.Problem, r *Result, tol float64, hash string) *proofs.Certificate {
	n, d := p.X.Dims()
	c := &proofs.Certificate{
		Program: proofs.Program{Rows: n, Cols: d, Activation: p.Activation.String(), Loss: p.LossOrSquared().Name(), Intercept: p.Intercept, Beta: p.Beta, SHA256: hash},
		Network: proofs.Network{Constant: r.Network.Constant, Primal: r.Primal, Objective: r.OwnObjective},
		Dual:    proofs.Dual{Scope: proofs.ScopeRestricted, Nu: r.Certificate.Nu, Bound: r.Dual},
		Gap:     proofs.Gap{Rel: proofs.RelGap(r.Primal, r.Dual), Tol: tol, Status: r.Status.String()},
	}
	c.Program.Threshold, _ = loss.Parameter(p.LossOrSquared())
	c.Program.Offset = offsetOf(p)
	c.Program.Shifted = c.Program.Offset != nil
	c.Program.Weights = weightsOf(p)
	c.Program.Weighted = c.Program.Weights != nil
	for _, nr := range r.Network.Neurons {
		c.Network.Neurons = append(c.Network.Neurons, proofs.Neuron{Pattern: nr.Cell, Alpha: nr.Alpha, W: nr.W, Gate: nr.Gate})
	}
	for _, cell := range p.Cells {
		c.Patterns = append(c.Patterns, proofs.Pattern{Words: cell.Pattern.Words()})
	}
	for _, m := range r.Certificate.Multipliers {
		side := &c.Patterns[m.Cell].Plus
		if m.Sign < 0 {
			side = &c.Patterns[m.Cell].Minus
		}
		for _, v := range m.Mu {
			*side = append(*side, proofs.Multiplier{Row: v.Row, Value: v.Value})
		}
	}
	return c
}

func proofMatrix(t *testing.T, x mat.Matrix) proofs.Matrix {
	t.Helper()
	if csr, ok := x.(*sparse.CSR); ok {
		raw := csr.RawMatrix()
		m, err := proofs.NewSparse(raw.I, raw.J, raw.Indptr, raw.Ind, raw.Data)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	n, d := x.Dims()
	values := make([]float64, 0, n*d)
	for i := range n {
		for j := range d {
			values = append(values, x.At(i, j))
		}
	}
	m, err := proofs.NewDense(n, d, values)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func near(a, b, tol float64) bool {
	return math.Abs(a-b) <= tol*math.Max(math.Abs(a), math.Abs(b))
}

// exactSum is the sum of v in exact arithmetic.
func exactSum(v []float64) string {
	sum := new(big.Rat)
	for _, x := range v {
		sum.Add(sum, new(big.Rat).SetFloat64(x))
	}
	return sum.RatString()
}
