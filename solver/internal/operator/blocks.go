package operator

import (
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
	"multigrade/internal/dense"
)

// Operators are the block operators of a list of B blocks, never formed:
//
//	F u = sum_j s_j A_j X u_j          (n)
//	(G u)_j = S_j X u_j + e_j          (B x n)
//
// A_j being D_j for relu and gated units (Activation).
//
// where e is 1 on the zero rows of X, whose constraints say 0 >= 0, so that a
// strictly feasible G u is positive everywhere, and 0 elsewhere.
type Operators struct {
	X      Design
	N, D   int
	Blocks []Block
	Mask   blas64.General // B x n, row j the diagonal of A_j
	Zero   []int          // Zero rows of X

	// stretch a - shift is 1 for a = 1 and -1 for a = s, to rounding.
	stretch, shift float64

	sums *combined // made when first needed

	// Arguments of the method that runs, for its parts.
	t, m blas64.General
	r    []float64
}

func NewOperators(x Design, a Activation, cells []hyperplane.Cell, blocks []Block, zeroRows []int) *Operators {
	n, d := x.Dims()
	op := &Operators{X: x, N: n, D: d, Blocks: blocks, Mask: NewGeneral(len(blocks), n), Zero: zeroRows}
	op.stretch = 2 / (1 - a.Slope)
	op.shift = op.stretch - 1
	for j, b := range blocks {
		a.Diagonal(RowOf(op.Mask, j), cells[b.Cell].Pattern)
	}
	return op
}

// OneBlock is X as a whole: one block, of sign 1, to which all rows are active.
func OneBlock(x Design) *Operators {
	n, d := x.Dims()
	op := &Operators{X: x, N: n, D: d, Blocks: []Block{{Sign: 1}}, Mask: NewGeneral(1, n), stretch: 2, shift: 1}
	for i := range op.Mask.Data {
		op.Mask.Data[i] = 1
	}
	return op
}

// Sign is the entry of S_j where A_j has a.
func (op *Operators) Sign(a float64) float64 { return op.stretch*a - op.shift }

type zeroRows struct{}

// ZeroRows lists the rows of X without a nonzero entry, found once. The slice belongs to X.
func ZeroRows(x Design) []int {
	return x.Once(zeroRows{}, func() any {
		var rows []int
		n, _ := x.Dims()
		for i := range n {
			if _, val := x.Entries(i); !slices.ContainsFunc(val, notZero) {
				rows = append(rows, i)
			}
		}
		return rows
	}).([]int)
}

type usedColumns struct{}

// UsedColumns lists the columns of X with a nonzero entry, found once. The slice belongs to X.
func UsedColumns(x Design) []int {
	return x.Once(usedColumns{}, func() any { return findUsed(x) }).([]int)
}

func findUsed(x Design) (cols []int) {
	n, d := x.Dims()
	used := make([]bool, d)
	for i := range n {
		ind, val := x.Entries(i)
		for k, v := range val {
			if v != 0 && ind == nil {
				used[k] = true
			} else if v != 0 {
				used[ind[k]] = true
			}
		}
	}
	for j, u := range used {
		if u {
			cols = append(cols, j)
		}
	}
	return cols
}

func notZero(v float64) bool { return v != 0 }

// PerBlock is v (dB) as B x d.
func (op *Operators) PerBlock(v []float64) blas64.General {
	return blas64.General{Rows: len(op.Blocks), Cols: op.D, Stride: op.D, Data: v}
}

// Predict sets f = F u, given Z with X u_j in row j.
func (op *Operators) Predict(f []float64, z blas64.General) {
	op.X.Book(PassWork * float64(len(z.Data)))
	op.t, op.r = z, f
	ParallelTask((op.N+predictedRows-1)/predictedRows, (*predictions)(op))
}

// predictedRows are a part of Predict, and what a block does at once: their vectors stay in the cache.
const predictedRows = 256

type predictions Operators

func (op *predictions) Part(k int) {
	lo, hi := k*predictedRows, min((k+1)*predictedRows, op.N)
	f := op.r[lo:hi]
	clear(f)
	for j, b := range op.Blocks {
		dense.MulAdd(b.Sign, 0, RowOf(op.Mask, j)[lo:hi], RowOf(op.t, j)[lo:hi], f)
	}
}

// Slack turns Z (X u_j in row j) into G u, in place.
func (op *Operators) Slack(z blas64.General) {
	op.X.Book(PassWork * float64(len(z.Data)))
	op.t = z
	ParallelTask(len(op.Blocks), (*slackRows)(op))
}

type slackRows Operators

func (op *slackRows) Part(j int) {
	zj, dj := RowOf(op.t, j), RowOf(op.Mask, j)
	for i, a := range dj {
		zj[i] *= op.stretch*a - op.shift
	}
	for _, i := range op.Zero {
		zj[i] = 1
	}
}

// SignedRows sets T with rows s_j A_j r + S_j m_j, so that T X has the rows
// F_j'r + G_j'm_j. Without cones m.Data is nil.
func (op *Operators) SignedRows(t blas64.General, r []float64, m blas64.General) {
	op.X.Book(PassWork * float64(len(t.Data)))
	op.t, op.r, op.m = t, r, m
	ParallelTask(len(op.Blocks), (*signRows)(op))
}

type signRows Operators

func (op *signRows) Part(j int) {
	for lo := 0; lo < op.N; lo += predictedRows {
		hi := min(lo+predictedRows, op.N)
		t, mask := RowOf(op.t, j)[lo:hi], RowOf(op.Mask, j)[lo:hi]
		clear(t)
		dense.MulAdd(op.Blocks[j].Sign, 0, mask, op.r[lo:hi], t)
		if op.m.Data != nil {
			dense.MulAdd(op.stretch, -op.shift, mask, RowOf(op.m, j)[lo:hi], t)
		}
	}
}

// Norms sets dst[j] = |u_j|.
func Norms(dst []float64, u blas64.General) {
	for j := range dst {
		dst[j] = floats.Norm(RowOf(u, j), 2)
	}
}
