package hyperplane

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Cell is an activation pattern together with a gate vector (d) that shows it.
//
// The gate of a full-dimensional cell lies strictly inside: with s_i = +1 for active and -1 for inactive rows,
// s_i x_i·Gate > 0 for every row x_i that is not zero, decided exactly.
type Cell struct {
	Pattern Pattern
	Gate    []float64
}

// Gated is what FromGates made of a list of gates.
type Gated struct {
	Cells  []Cell // distinct patterns in the order of their first gate
	Merged int    // gates left out because an earlier one has the same pattern
	Zero   int    // gates left out because no row is active
	Flat   int    // cells kept although their cone {w : s_i x_i·w >= 0} has no interior (or none that float64 can
	// express, if its walls agree in nearly all digits); their Gate is the given one
}

// FromGates returns the cells of the given gates (P x d, one per row) in the arrangement of the rows of x (n x d).
// A gate that lies exactly on the hyperplane of some row that is not zero (which makes the row inactive) is replaced
// by a gate strictly inside the cell of the same pattern, if there is one; otherwise the cell is flat, and counted.
// The error names a gate or row that is not finite, or lengths that do not fit.
func FromGates(x, gates mat.Matrix) (*Gated, error) {
	r := newRows(x)
	if err := r.check(); err != nil {
		return nil, err
	}
	return newMarker(r).FromGates(gates)
}

// FromGates returns the cells of the given gates over the rows of m, as the function of that name.
func (m *Marker) FromGates(gates mat.Matrix) (*Gated, error) {
	r := m.x
	count, cols := gates.Dims()
	if cols != r.d {
		return nil, fmt.Errorf("hyperplane: gates have %d columns, X has %d", cols, r.d)
	}
	out := &Gated{}
	seen := newPatternSet(count)
	all := mat.DenseCopyOf(gates)
	for k := range count {
		if err := checkFinite(fmt.Sprintf("gate %d", k), all.RawRowView(k)); err != nil {
			return nil, err
		}
	}
	patterns, zero := m.patterns(all.RawMatrix())
	for k, p := range patterns {
		g := slices.Clone(all.RawRowView(k))
		switch {
		case p.IsZero():
			out.Zero++
			continue
		case !seen.add(p):
			out.Merged++
			continue
		}
		if m.touches(zero[k]) {
			if w, ok := r.interiorNear(p, g); ok {
				g = w
			} else {
				out.Flat++
			}
		}
		out.Cells = append(out.Cells, Cell{Pattern: p, Gate: g})
	}
	return out, nil
}
