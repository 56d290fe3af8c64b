package pieces

import (
	"testing"

	"gonum.org/v1/gonum/mat"
)

// A piece whose sign change is somewhere among its rows is branched where its one majorant,
// the chord of a convex profile, is what misses, not at knots that change nothing.
func TestBranchesWhereOneMajorantMisses(t *testing.T) {
	x := mat.NewDense(7, 3, []float64{
		1, 0, 0, 0.75, 0.25, 0, 0.5, 0.5, 0, 0.25, 0.75, 0, 0, 1, 0,
		0, 0, 1, 0, 0.5, 0.5})
	nu := []float64{0, 1, 1, 1, 0, 0, 0}
	c := &Chain{Knots: [][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, Pieces: []Piece{
		{A: 0, B: 1, Rows: []int{0, 1, 2, 3, 4}, Theta: []float64{0, 0.25, 0.5, 0.75, 1}},
		{A: 1, B: 2, Rows: []int{6, 5}, Theta: []float64{0.5, 1}}}}
	if err := c.Validate(x.Dims()); err != nil {
		t.Fatal(err)
	}
	g := newGeometry(c, 3)
	d := newSide(g, nu, 1)
	d.prepare(0)
	d.prepare(1)
	s := g.root()
	s.sign[0], s.sign[1] = 1, -1
	if m := d.majorants(0, s); len(m) != 1 {
		t.Fatalf("%d majorants of a convex profile", len(m))
	}
	f := newRelaxation(g).bound(d, s, []float64{1, -1, 0}, 1e-3, false)
	if f.branch.Piece != 0 || f.branch.Knot >= 0 {
		t.Errorf("branched at knot %d, piece %d; the bound is %v, the value %v", f.branch.Knot, f.branch.Piece, f.bound, f.atW)
	}
}
