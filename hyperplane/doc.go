// Package hyperplane computes with the central arrangement of the hyperplanes {w : x_i·w = 0} of the rows of X.
//
// For a gate g the activation pattern is D = diag(1[Xg > 0]), with S = 2D - I. The gates of one pattern form a cell; its
// cone K = {w : S X w >= 0} is where a ReLU neuron acts as the linear map D X w. The convex programs of a
// grade have one block for each pattern, so the package lists, counts and samples patterns, and projects on their cones.
//
//	symbol        shape  here
//	X             n x d  mat.Matrix (*mat.Dense, *sparse.CSR; others are copied); rows x_i
//	D, S          n      Pattern: Active(i) is D_ii = 1, Sign(i) is S_ii; x_i·g = 0 and zero rows are inactive, S_ii = -1
//	g             d      Cell.Gate: s_i x_i·g > 0 for every row that is not zero, decided exactly
//	r                    Arrangement.Rank: the rank of X over the rationals
//	m                    Arrangement.Hyperplanes: rows up to multiples, without zero rows
//	P_K(c)        d      Projector.Project: c + X'S mu with mu >= 0 and mu_i s_i x_i·P_K(c) = 0
//	mu            n      []Multiplier, the entries that are not 0, rows ascending
//
// max{c·w : w in K, ‖w‖ <= 1} = ‖P_K(c)‖.
//
// # Exactness
//
// A float64 is a rational number, and the arrangement is that of the numbers given: duplicates count as such only if
// they are proportional exactly. Every decision is a sign. Floating point decides it when a bound of its rounding error
// allows; otherwise integer arithmetic does, on rows restricted to the flat in question by the same elimination. The
// pattern of a cell is therefore never wrong, and no cell is missed or repeated, however degenerate the rows.
//
// # Enumeration
//
// Rank 2 is a sort by angle (circle.go). From rank 3 on, a cell is found at its lowest vertex with respect to a generic
// linear function in the affine chart of hyperplane 0 (vertex.go), the vertices by a depth-first walk over the lattice of
// flats in which each flat is visited by its lexicographically first basis (levels.go). In general position a vertex
// has one cell, so the work is O(m r) per cell and nothing is stored but the elimination: O(m r^2) numbers. Cells
// without a lowest vertex are those of the arrangement restricted to a hyperplane near infinity, of rank r-1. Sweep
// orders the vertices in rank 3 along the great circles (sweep.go), at O(log m) per cell.
//
// The number of cells is the number of sets of hyperplanes without broken circuits (count.go).
package hyperplane
