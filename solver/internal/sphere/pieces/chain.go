package pieces

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Chain is a decomposition of the rows of X into pieces. Every row is in exactly
// one piece.
type Chain struct {
	// Knots are vectors of R^r, shared by neighbouring pieces.
	Knots  [][]float64
	Pieces []Piece
}

// Piece is a group of rows near the plane spanned by the knots A and B:
// x_i ~ (1 - Theta) A + Theta B. A = B is a group of equal rows.
type Piece struct {
	A, B  int       // indices of knots
	Rows  []int     // indices of rows of X
	Theta []float64 // one for each row, in [0, 1], ascending
}

// Validate reports the first inconsistency of the chain with an n x r matrix.
func (c *Chain) Validate(n, r int) error {
	for k, a := range c.Knots {
		if len(a) != r {
			return fmt.Errorf("pieces: knot %d has %d entries, want %d", k, len(a), r)
		}
	}
	seen := make([]bool, n)
	left := n
	for k, p := range c.Pieces {
		if min(p.A, p.B) < 0 || max(p.A, p.B) >= len(c.Knots) {
			return fmt.Errorf("pieces: piece %d is between knots %d and %d of %d", k, p.A, p.B, len(c.Knots))
		}
		if len(p.Rows) != len(p.Theta) || len(p.Rows) == 0 {
			return fmt.Errorf("pieces: piece %d has %d rows and %d thetas", k, len(p.Rows), len(p.Theta))
		}
		last := 0.0
		for e, i := range p.Rows {
			if i < 0 || i >= n || seen[i] {
				return fmt.Errorf("pieces: piece %d: row %d is not one of %d, or in two pieces", k, i, n)
			}
			if t := p.Theta[e]; !(t >= last && t <= 1) {
				return fmt.Errorf("pieces: piece %d: theta %v after %v, want ascending in [0, 1]", k, t, last)
			}
			last = p.Theta[e]
			seen[i] = true
			left--
		}
	}
	if left > 0 {
		return fmt.Errorf("pieces: %d rows are in no piece", left)
	}
	return nil
}

// Shared lists for every knot the two pieces that end there, the first one first, -1 twice where there can be
// no shift: other than two end there, or one of them is a group of equal rows.
func (c *Chain) Shared() [][2]int32 {
	ends := make([][]int32, len(c.Knots))
	for k := range c.Pieces {
		for _, knot := range [2]int{c.Pieces[k].A, c.Pieces[k].B} {
			ends[knot] = append(ends[knot], int32(k))
		}
	}
	shared := make([][2]int32, len(ends))
	for knot, of := range ends {
		shared[knot] = [2]int32{-1, -1}
		if len(of) == 2 && !c.Pieces[of[0]].linear() && !c.Pieces[of[1]].linear() {
			shared[knot] = [2]int32(of)
		}
	}
	return shared
}

// Deviation returns sum_i |nu_i| |delta_i|, rounding included.
func (c *Chain) Deviation(x *mat.Dense, nu []float64) float64 {
	sum := 0.0
	for _, p := range c.Pieces {
		a, b := c.Knots[p.A], c.Knots[p.B]
		for e, i := range p.Rows {
			sum += math.Abs(nu[i]) * deviation(x.RawRowView(i), a, b, p.Theta[e])
		}
	}
	return sum * (1 + 0x1p-30)
}

// deviation bounds |x - (1-t) a - t b|.
func deviation(x, a, b []float64, t float64) float64 {
	const u = 0x1p-51
	sum := 0.0
	for j, v := range x {
		p, q := (1-t)*a[j], t*b[j]
		e := math.Abs(v-p-q) + u*(math.Abs(v)+math.Abs(p)+math.Abs(q))
		sum += e * e
	}
	return math.Sqrt(sum)
}

// linear reports whether phi is that of equal rows.
func (p *Piece) linear() bool { return p.A == p.B }
