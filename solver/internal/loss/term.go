package loss

// DataTerm is the loss inside the interior-point method: the
// slopes r = -nu of n L at z = F u + c 1, what else the loss needs (slacks,
// multipliers, the constant c, an epigraph variable), and their Newton steps.
// Everything is eliminated per sample, so that to the blocks a term is
//
//	r + dr = base + sum over sides of weight o (F du + offset 1)
//
// where the offsets are those for which the equations without u hold
// (sum r = 0 for a constant).
type DataTerm interface {
	// Start puts all pairs of the term at complementarity mu, with slopes near
	// r = scale times those at prediction 0, 0 < scale <= 1/2, whatever the
	// prediction is: z and r are brought together by the Newton steps.
	Start(scale, mu float64)
	// Update takes a new f = F u.
	Update(f []float64)
	// Clone is a copy that shares nothing that changes.
	Clone() DataTerm
	// Slope is r.
	Slope() []float64
	Constant() float64
	// Complementarity is the sum over the term's pairs, and how many there are.
	Complementarity() (sum float64, pairs int)
	// Weigh sets the weights of the sides.
	Weigh()
	Sides() []side
	// aim sets base for complementarity target, with the second-order terms of
	// the last direction if corrected.
	aim(target float64, corrected bool)
	base() []float64
	// offsets sets the offsets that belong to F du.
	offsets(fdu []float64)
	// direction computes the steps of the term's variables for F du and the
	// offsets.
	direction(fdu []float64)
	// StepLength is the largest step <= 1 that keeps all pairs positive.
	StepLength() float64
	Advance(alpha float64)
}

// side is one weighting of the samples. If centred, its offset is eliminated:
// the samples' rows of F count less their weighted mean; shared by both sides of
// LInf without a constant, opposite offsets.
type side struct {
	Weight []float64
	offset float64
}
