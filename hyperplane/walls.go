package hyperplane

import (
	"fmt"
	"math/big"
)

// Walls returns the tight rows of the cell with the given pattern, ascending: the rows of X on whose hyperplanes the
// cell has a facet. Decided exactly. The error is that the pattern is not one of a full-dimensional cell (with a
// float64 vector inside).
func (a *Arrangement) Walls(p Pattern) ([]int, error) {
	_, walls, err := a.walls(p)
	if err != nil {
		return nil, err
	}
	wall := make([]bool, a.m)
	for _, j := range walls {
		wall[j] = true
	}
	var out []int
	for i, c := range a.class {
		if c >= 0 && wall[c] {
			out = append(out, i)
		}
	}
	return out, nil
}

// Neighbours returns the cells across the facets of the cell with the given pattern, ordered by the first row on the
// facet's hyperplane. Errors as for Walls.
func (a *Arrangement) Neighbours(p Pattern) ([]Cell, error) {
	sign, walls, err := a.walls(p)
	if err != nil {
		return nil, err
	}
	var out []Cell
	for _, j := range walls {
		sign[j] = -sign[j]
		out = append(out, a.cell(sign, a.witness(sign)))
		sign[j] = -sign[j]
	}
	return out, nil
}

// signs returns the side of each hyperplane that the pattern says.
func (a *Arrangement) signs(p Pattern) ([]int8, error) {
	if p.Len() != a.rows.n {
		return nil, fmt.Errorf("hyperplane: pattern of %d rows for an arrangement of %d", p.Len(), a.rows.n)
	}
	sign := make([]int8, a.m)
	for i, c := range a.class {
		s := int8(-1)
		if p.Active(i) {
			s = 1
		}
		switch {
		case c < 0 && s < 0:
		case c < 0:
			return nil, fmt.Errorf("hyperplane: row %d is zero but active in the pattern", i)
		default:
			if a.flip[i] {
				s = -s
			}
			if sign[c] == -s {
				return nil, fmt.Errorf("hyperplane: rows %d and %d are parallel but the pattern has them on different sides", a.first[c], i)
			}
			sign[c] = s
		}
	}
	return sign, nil
}

// walls returns the signs of p and the hyperplanes that bound its cell.
func (a *Arrangement) walls(p Pattern) (sign []int8, walls []int, err error) {
	if sign, err = a.signs(p); err != nil || a.m == 0 {
		return sign, nil, err
	}
	inside := a.witness(sign)
	if inside == nil {
		return nil, nil, fmt.Errorf("hyperplane: no vector lies strictly inside the cone of pattern %v", p)
	}
	words := make([]uint64, wordsFor(a.m))
	for i, s := range sign {
		if s > 0 {
			words[i/64] |= 1 << (i % 64)
		}
	}
	w := wallFinder{x: a.scaledRows(), p: Pattern{a.m, words}, inside: inside}
	w.projector = newProjector(w.x)
	for j := range a.m {
		if w.isWall(j) {
			walls = append(walls, j)
		}
	}
	return sign, walls, nil
}

// wallFinder decides which rows of x bound the cone of p, which has the vector inside strictly inside.
type wallFinder struct {
	x         *rows
	p         Pattern
	inside    []float64
	projector *Projector
}

// isWall: row b_j = s_j x_j is a wall unless it is a nonnegative combination of the others. Projecting -b_j on the cone
// with b_j turned round gives a point beyond the wall, or 0 and the combination.
func (w *wallFinder) isWall(j int) bool {
	words := append([]uint64(nil), w.p.words...)
	words[j/64] ^= 1 << (j % 64)
	turned := Pattern{w.p.n, words}
	b := w.x.signedRow(turned, j) // = -b_j
	dst := make([]float64, w.x.d)
	mu, err := w.projector.Project(dst, b, turned, nil)
	if err == nil {
		if w.beyond(turned, dst) {
			return true
		}
		if w.combination(j, mu) {
			return false
		}
	}
	var signed [][]float64
	for i := range w.x.n {
		signed = append(signed, w.x.signedRow(turned, i))
	}
	_, ok := strictSolution(signed)
	return ok
}

// beyond reports whether some dst + t inside, t > 0, is strictly inside the cone of turned, which proves the wall.
func (w *wallFinder) beyond(turned Pattern, dst []float64) bool {
	if norm2(dst) == 0 {
		return false
	}
	g := make([]float64, len(dst))
	for t := 0.25; t > 1e-14; t /= 8 {
		for k := range g {
			g[k] = dst[k]/norm2(dst) + t*w.inside[k]/norm2(w.inside)
		}
		if w.x.inside(turned, g) {
			return true
		}
	}
	return false
}

// combination reports whether b_j is exactly a nonnegative combination of the rows of mu other than j, when they are
// independent and as many as there are columns.
func (w *wallFinder) combination(j int, mu []Multiplier) bool {
	d := w.x.d
	var system [][]*big.Rat // columns b_i, then b_j; one equation per coordinate
	for k := range d {
		system = append(system, make([]*big.Rat, 0, d+1))
		for _, m := range mu {
			if m.Row != j {
				system[k] = append(system[k], new(big.Rat).SetFloat64(w.x.signedRow(w.p, m.Row)[k]))
			}
		}
		system[k] = append(system[k], new(big.Rat).SetFloat64(w.x.signedRow(w.p, j)[k]))
	}
	if len(system[0]) != d+1 || !gaussJordan(system, d) {
		return false
	}
	for k := range d {
		if system[k][d].Sign() < 0 {
			return false
		}
	}
	return true
}

// Witness returns a gate (d) strictly inside the cell with the given pattern, for patterns kept from a Sweep. Errors as
// for Walls.
func (a *Arrangement) Witness(p Pattern) ([]float64, error) {
	sign, err := a.signs(p)
	if err != nil {
		return nil, err
	}
	if a.m == 0 {
		return a.embed(nil), nil
	}
	if v := a.witness(sign); v != nil {
		if g := a.embed(v); g != nil {
			return g, nil
		}
	}
	return nil, fmt.Errorf("hyperplane: no vector was found strictly inside the cone of pattern %v", p)
}
