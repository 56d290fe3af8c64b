package operator_test

import (
	"math/rand/v2"
	"testing"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats/scalar"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// explicit assembles F (n x dB) and G (nB x dB) of a problem as CSR matrices.
func explicit(p *program.Problem, blocks []operator.Block) (f, g *sparse.CSR) {
	n, d := p.X.Dims()
	fc := sparse.NewCOO(n, d*len(blocks), nil, nil, nil)
	gc := sparse.NewCOO(n*len(blocks), d*len(blocks), nil, nil, nil)
	for j, b := range blocks {
		for i := range n {
			for k := range d {
				v := p.X.At(i, k)
				if p.Cells[b.Cell].Pattern.Active(i) {
					fc.Set(i, j*d+k, b.Sign*v)
					gc.Set(j*n+i, j*d+k, v)
				} else {
					gc.Set(j*n+i, j*d+k, -v)
				}
			}
		}
	}
	return fc.ToCSR(), gc.ToCSR()
}

func TestBlockOperatorsEqualExplicitMatrices(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	for _, asSparse := range []bool{false, true} {
		for range 10 {
			n, d := 1+rng.IntN(30), 1+rng.IntN(6)
			p := madeup.Planted(t, rng, loss.Squared, program.ReLU, n, d, 8, false)
			if asSparse {
				p.X = madeup.CSR(p.X)
			}
			x, err := operator.NewDesign(p.X)
			if err != nil {
				t.Fatal(err)
			}
			blocks := program.BlocksOf(p)
			if len(blocks) == 0 {
				continue
			}
			op := operator.NewOperators(x, p.Activation, p.Cells, blocks, operator.ZeroRows(x))
			f, g := explicit(p, blocks)
			b := len(blocks)
			u := blas64.General{Rows: b, Cols: d, Stride: d, Data: madeup.Gaussians(rng, b*d)}
			z, pred := operator.NewGeneral(b, n), make([]float64, n)
			x.Mul(z, u)
			op.Predict(pred, z)
			compareTo(t, "F u", pred, f, u.Data)
			op.Slack(z)
			compareTo(t, "G u", z.Data, g, u.Data)
			r, m := madeup.Gaussians(rng, n), blas64.General{Rows: b, Cols: n, Stride: n, Data: madeup.Gaussians(rng, b*n)}
			op.SignedRows(z, r, m)
			c := operator.NewGeneral(b, d)
			x.MulTrans(c, z)
			var ft, gt mat.VecDense
			ft.MulVec(f.T(), mat.NewVecDense(n, r))
			gt.MulVec(g.T(), mat.NewVecDense(b*n, m.Data))
			ft.AddVec(&ft, &gt)
			for i, v := range c.Data {
				if !scalar.EqualWithinRel(v, ft.AtVec(i), 1e-12) && !(v-ft.AtVec(i) < 1e-13 && ft.AtVec(i)-v < 1e-13) {
					t.Fatalf("F'r + G'm: entry %d is %v, explicitly %v", i, v, ft.AtVec(i))
				}
			}
		}
	}
}

func compareTo(t *testing.T, what string, got []float64, a mat.Matrix, u []float64) {
	t.Helper()
	var want mat.VecDense
	want.MulVec(a, mat.NewVecDense(len(u), u))
	for i, v := range got {
		if d := v - want.AtVec(i); d > 1e-12 || d < -1e-12 {
			t.Fatalf("%s: entry %d is %v, explicitly %v", what, i, v, want.AtVec(i))
		}
	}
}
