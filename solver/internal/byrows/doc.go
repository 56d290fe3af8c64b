// Package byrows solves the program of one grade over rows that are too many for memory, or for
// a number for each of them and every block of the program,
//
//	min  L(c + sum_j s_j A_j X u_j) + beta sum_j |u_j|   s.t.  S_j X u_j >= 0,
//
// over listed patterns, each given by a gate, for every loss that is a sum over the rows, and for the
// largest deviation.
// The rows are only ever seen by passes over all of them (package rowsum). In memory are the
// patterns' bits (P n/8 bytes), a number per row where the dual point is made up, and what a
// pass returns: nothing else grows with n. Rows in memory bring their bits along.
//
// A round is a proximal Newton step: at the current point a pass returns the slopes' sums
// X'A_p nu of all patterns and the Gram matrix of the working set's columns A_p X r, weighted
// by the curvature of the loss (for squares once); the quadratic model with the norms and the
// cones is solved in memory by the interior-point method (interior.Quadratic); a pass along
// the line to its solution chooses the step. A loss with kinks is smoothed by the barrier of
// its dual variables, whose parameter falls from round to round (rowsum.Box). The largest
// deviation is one of few rows: the program over some of them is solved in memory, and those that
// deviate more join (peaks).
//
// A cone has as many rows as X, of which a few bind: Walls has the rows nearest to each gate,
// and rows that a solution violates are added until none is. Of a cone that is a
// ten-thousandth wide only the direction of its gate has a column in the Gram matrix: across
// it the gradient, which is exact, and the walls decide.
//
// Patterns enter the working set where pricing finds their blocks violated. All is judged by
// the certificate: the products X'A_p nu, projected on the cones of the walls known, whose
// multipliers are multipliers of the cones of all rows.
package byrows
