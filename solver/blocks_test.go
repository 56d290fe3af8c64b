package solver

import (
	"math/rand/v2"
	"testing"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// explicit assembles F (n x dB) and G (nB x dB) of a problem as CSR matrices.
func explicit(p *Problem, blocks []block) (f, g *sparse.CSR) {
	n, d := p.X.Dims()
	fc := sparse.NewCOO(n, d*len(blocks), nil, nil, nil)
	gc := sparse.NewCOO(n*len(blocks), d*len(blocks), nil, nil, nil)
	for j, b := range blocks {
		for i := range n {
			for k := range d {
				v := p.X.At(i, k)
				if p.Cells[b.cell].Pattern.Active(i) {
					fc.Set(i, j*d+k, b.sign*v)
					gc.Set(j*n+i, j*d+k, v)
				} else {
					gc.Set(j*n+i, j*d+k, -v)
				}
			}
		}
	}
	return fc.ToCSR(), gc.ToCSR()
}

func gaussians(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	return v
}

func TestBlockOperatorsEqualExplicitMatrices(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	for _, asSparse := range []bool{false, true} {
		for range 10 {
			n, d := 1+rng.IntN(30), 1+rng.IntN(6)
			p := noisy(t, rng, Squared, ReLU, n, d, 8, false)
			if asSparse {
				p.X = toCSR(p.X)
			}
			x, err := newDesign(p.X)
			if err != nil {
				t.Fatal(err)
			}
			blocks := blocksOf(p)
			if len(blocks) == 0 {
				continue
			}
			op := newOperators(x, p.Cells, blocks, zeroRows(x))
			f, g := explicit(p, blocks)
			b := len(blocks)
			u := blas64.General{Rows: b, Cols: d, Stride: d, Data: gaussians(rng, b*d)}
			z, pred := newGeneral(b, n), make([]float64, n)
			x.mul(z, u)
			op.predict(pred, z)
			compareTo(t, "F u", pred, f, u.Data)
			op.slack(z)
			compareTo(t, "G u", z.Data, g, u.Data)
			r, m := gaussians(rng, n), blas64.General{Rows: b, Cols: n, Stride: n, Data: gaussians(rng, b*n)}
			op.signedRows(z, r, m)
			c := newGeneral(b, d)
			x.mulTrans(c, z)
			var ft, gt mat.VecDense
			ft.MulVec(f.T(), mat.NewVecDense(n, r))
			gt.MulVec(g.T(), mat.NewVecDense(b*n, m.Data))
			ft.AddVec(&ft, &gt)
			for i, v := range c.Data {
				if !near(v, ft.AtVec(i), 1e-12) && !(v-ft.AtVec(i) < 1e-13 && ft.AtVec(i)-v < 1e-13) {
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

func TestZeroRowsCarryNoConstraint(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	p := noisy(t, rng, Squared, ReLU, 12, 3, 5, false)
	x := mat.DenseCopyOf(p.X)
	x.SetRow(4, make([]float64, 3))
	p = relist(t, p, x)
	p.Intercept = true
	p.Beta = 0.02
	solved(t, p, DefaultOptions())
}

// TestLinearSystemsAgree: Woodbury, blocks and conjugate gradients solve the
// same system.
func TestLinearSystemsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 3))
	for _, relu := range []bool{false, true} {
		a := Gated
		if relu {
			a = ReLU
		}
		p := noisy(t, rng, Squared, a, 40, 4, 6, false)
		x, err := newDesign(p.X)
		if err != nil {
			t.Fatal(err)
		}
		op := newOperators(x, p.Cells, blocksOf(p), nil)
		b, d := len(op.blocks), op.d
		rhs := gaussians(rng, b*d)
		const kappa = 0.7
		wood, err := newWoodburySystem(op, kappa, relu)
		if err != nil {
			t.Fatal(err)
		}
		direct, err := newBlockSystem(op, newGramCache(x, p.Cells), kappa, relu)
		if err != nil {
			t.Fatal(err)
		}
		cg, err := newCGSystem(op, kappa, relu)
		if err != nil {
			t.Fatal(err)
		}
		var first []float64
		for _, s := range []linearSystem{direct, wood, cg} {
			u := blas64.General{Rows: b, Cols: d, Stride: d, Data: append([]float64(nil), rhs...)}
			s.solve(u)
			if first == nil {
				first = u.Data
				check := &cgSystem{op: op, kappa: kappa, relu: relu, rows: newGeneral(b, op.n), rows2: newGeneral(b, op.n), f: make([]float64, op.n)}
				back := newGeneral(b, d)
				check.apply(back.Data, u.Data)
				for i, v := range back.Data {
					if !near(v, rhs[i], 1e-9) {
						t.Fatalf("%s: the matrix times the solution is %v at %d, want %v", s.describe(), v, i, rhs[i])
					}
				}
				continue
			}
			for i, v := range u.Data {
				if d := v - first[i]; d > 1e-7 || d < -1e-7 {
					t.Fatalf("%s: entry %d is %v, %s has %v", s.describe(), i, v, direct.describe(), first[i])
				}
			}
		}
	}
}
