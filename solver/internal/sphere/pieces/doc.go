// Package pieces computes
//
//	m(nu) = max over w in R^r, |w| <= 1 of |nu'relu(Xw)|,     X n x r, nu n,
//
// the number that decides whether a dual point nu of a grade holds for all
// activation patterns, where the rows of X lie near planes through the origin:
//
//	x_i = (1 - theta_i) a + theta_i b + delta_i,    0 <= theta_i <= 1,
//
// for the rows i of a piece, a and b being two of the chain's knots and delta_i
// what rounding leaves. This is so for every grade after the first when the
// network has one input: between two neighbouring kinks the features are affine
// in the input. With v = w.knot
//
//	nu'relu(Xw) = sum over pieces of phi(v_a, v_b)  up to sum_i |nu_i| |delta_i|,
//	phi(v_a, v_b) = sum_i nu_i relu((1 - theta_i) v_a + theta_i v_b),
//
// and phi is positively homogeneous on the plane. Bounding a piece as one term,
// instead of row by row, is what matters: nu is a residual, its signs alternate
// within a piece, and the rows cancel.
//
// A node of the branch and bound fixes signs of some v_k, and, where the signs of
// v_a and v_b differ, between which rows of the piece the sign changes. On a node
// every phi is majorised by the least of a few affine functions alpha v_a + beta
// v_b + gamma; the maximum of their sum over the ball and the node's half-spaces is
//
//	min |c| + sum lambda gamma,  c = sum lambda g + sum mu h,  mu >= 0,
//
// over convex weights lambda of each piece's majorants with gradients g, and
// multipliers mu of the half-spaces h.w >= 0: a least distance in r unknowns. Any
// lambda and mu prove a bound. The maximiser w = c/|c| says where to branch and is
// a candidate for a violated neuron.
//
//	paper               code
//	knots, pieces       Chain, Piece; Find makes them from the rows
//	phi                 term
//	majorants           majorant, hull.go, region.go
//	least distance      interior
//	node, tree          node, Tree
//	m(nu)               Maximise, Bound
package pieces
