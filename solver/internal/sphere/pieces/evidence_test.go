package pieces

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// checkTree recomputes what the leaves of a tree prove from the definition alone:
// the children cover their parent, and at every leaf |c| + sum gamma <= upper,
// gamma being the largest excess of phi over alpha a + beta b at points of the
// piece's plane where the difference, which is linear in between, can be largest.
func checkTree(t *testing.T, x *mat.Dense, nu []float64, c *Chain, tree []Node, s, upper float64) {
	t.Helper()
	if len(tree) == 0 {
		return
	}
	var walk func(node int32, sign []int, l, u []int)
	walk = func(node int32, sign []int, l, u []int) {
		n := tree[node]
		if n.Child == 0 {
			if got := leafBound(x, nu, c, n.Evidence, sign, l, u, s); got > upper*(1+1e-9)+1e-12 {
				t.Errorf("leaf %d of sign %v shows %v, %v claimed", node, s, got, upper)
			}
			return
		}
		first, second := n.Child, n.Child+1
		if tree[first].Parent != node || tree[second].Parent != node {
			t.Fatalf("node %d: children of somebody else", node)
		}
		if n.Knot >= 0 {
			if sign[n.Knot] != 0 {
				t.Fatalf("node %d: knot %d twice", node, n.Knot)
			}
			for k, child := range []int32{first, second} {
				sign[n.Knot] = 1 - 2*k
				walk(child, sign, l, u)
			}
			sign[n.Knot] = 0
			return
		}
		p := c.Pieces[n.Piece]
		row := int(n.Row)
		if sign[p.A]*sign[p.B] >= 0 || row < l[n.Piece] || row >= u[n.Piece] {
			t.Fatalf("node %d: no crossing to split", node)
		}
		keep := u[n.Piece]
		u[n.Piece] = row
		walk(first, sign, l, u)
		u[n.Piece] = keep
		keep = l[n.Piece]
		l[n.Piece] = row + 1
		walk(second, sign, l, u)
		l[n.Piece] = keep
	}
	l, u := make([]int, len(c.Pieces)), make([]int, len(c.Pieces))
	for k, p := range c.Pieces {
		u[k] = len(p.Rows)
	}
	walk(0, make([]int, len(c.Knots)), l, u)
}

func leafBound(x *mat.Dense, nu []float64, c *Chain, e *Evidence, sign, l, u []int, s float64) float64 {
	_, r := x.Dims()
	sum := make([]float64, r)
	total := c.Deviation(x, nu)
	for k, a := range c.Knots {
		if e.Knot[k] < 0 {
			return math.Inf(1)
		}
		floats.AddScaled(sum, e.Knot[k]*float64(sign[k]), a)
	}
	for k, p := range c.Pieces {
		a, b := c.Knots[p.A], c.Knots[p.B]
		floats.AddScaled(sum, e.Alpha[k], a)
		floats.AddScaled(sum, e.Beta[k], b)
		low, high := 0.0, 1.0
		crosses := sign[p.A]*sign[p.B] < 0
		if crosses {
			if l[k] > 0 {
				low = p.Theta[l[k]-1]
			}
			if u[k] < len(p.Theta) {
				high = p.Theta[u[k]]
			}
			z := func(th float64, s int) []float64 {
				v := make([]float64, r)
				floats.AddScaled(v, float64(s)*(1-th), a)
				floats.AddScaled(v, float64(s)*th, b)
				return v
			}
			if l[k] > 0 {
				floats.AddScaled(sum, e.Before[k], z(low, sign[p.A]))
			}
			if u[k] < len(p.Theta) {
				floats.AddScaled(sum, e.After[k], z(high, sign[p.B]))
			}
		}
		excess := func(va, vb float64) float64 {
			phi := 0.0
			for j, i := range p.Rows {
				phi += s * nu[i] * max((1-p.Theta[j])*va+p.Theta[j]*vb, 0)
			}
			return phi + given(c, e, sign, k, p.A)*max(va, 0) + given(c, e, sign, k, p.B)*max(vb, 0) - e.Alpha[k]*va - e.Beta[k]*vb
		}
		total += largestExcess(excess, a, b, p.Theta, sign[p.A], sign[p.B], low, high)
	}
	return floats.Norm(sum, 2) + total
}

// given is the shift at a knot of unknown sign that two pieces share: the second pays what
// the first gets.
func given(c *Chain, e *Evidence, sign []int, piece, knot int) float64 {
	if sign[knot] != 0 {
		return 0
	}
	for k := range piece {
		if p := &c.Pieces[k]; p.A == knot || p.B == knot {
			return -e.Shift[knot]
		}
	}
	return e.Shift[knot]
}

// largestExcess maximises a function that is linear between the rays of the rows
// over the image of the ball under (a, b), cut to the signs and crossings, by
// brute force over angles of w in the plane of a and b.
func largestExcess(f func(va, vb float64) float64, a, b, theta []float64, sa, sb int, low, high float64) float64 {
	na := floats.Norm(a, 2)
	e1, e2 := append([]float64(nil), a...), append([]float64(nil), b...)
	if na > 0 {
		floats.Scale(1/na, e1)
	}
	floats.AddScaled(e2, -floats.Dot(e1, e2), e1)
	if n2 := floats.Norm(e2, 2); n2 > 1e-14*floats.Norm(b, 2) {
		floats.Scale(1/n2, e2)
	} else {
		clear(e2)
	}
	top := 0.0
	const steps = 720
	for k := range steps {
		y, x := math.Sincos(2 * math.Pi * float64(k) / steps)
		va, vb := x*na, x*floats.Dot(e1, b)+y*floats.Dot(e2, b)
		if va*float64(sa) < 0 || vb*float64(sb) < 0 {
			continue
		}
		if sa*sb < 0 {
			if tau := va / (va - vb); tau < low || tau > high {
				continue
			}
		}
		top = max(top, f(va, vb))
	}
	return top
}
