// Package moments bounds the optimum over all activation patterns from below by a
// convex relaxation, whose dual point is chosen for the bound.
//
// # The relaxation
//
// The neurons of one sign of the outputs, of norm 1 and with the weights tau_j of
// their cost, have the moments
//
//	tau = sum tau_j,  w = sum tau_j w_j (d),  W = sum tau_j w_j w_j' (d x d),   tr W <= tau,   [W w; w' tau] >= 0,
//
// and with t_i = x_i.w and s_i = x_i'W x_i what they give to row i, sum_j tau_j
// max(x_i.w_j, 0), is within
//
//	max(0, t_i, (t_i + s_i/|x_i|)/2)  <=  .  <=  (t_i + sqrt(tau s_i))/2.
//
// So the minimum of L(z) + beta (tau+ + tau-) over the moments of both signs and
// predictions z within these ends (and a free constant) is at most the optimum over
// all patterns. It has d^2 unknowns, whatever the number of rows.
//
// # How it is minimised
//
// For a loss of the residual of each row, z_i is the number between the ends that
// is nearest to y_i; for classes it is an end. With V (d x k), W = VV', w = rho V e_1 and
// tau = rho^2 = |V|^2 + spare^2 nothing is left to constrain: L-BFGS, on lower ends
// with rounded kinks. That is not convex, but for a few columns k more than the rank of
// W there is no other minimum (Burer and Monteiro 2003), and none was met with 8.
//
// # The bound
//
// Nothing rests on that minimum. nu = -n dL is a dual point, and the shares and
// curvatures there are multipliers: a parabola for every row (Parabolas). One
// matrix of order d + 1 for each sign then bounds m(nu), in whatever state the
// minimisation ended.
//
// # What rows have in common
//
// Row by row this is loose: rows that resemble one another may be given what no neurons
// give to both. With e(x) = sum_j tau_j |x.w_j|, what row i gets is (t_i + e(x_i))/2, and e
// is a seminorm: for all factors a
//
//	e(x_i)  <=  sum_k |a_k| e(x_k) + e(d),   d = x_i - sum_k a_k x_k,   e(d) <= sqrt(tau d'Wd).
//
// The second program (coupled) has the e(x_i) of both signs as unknowns, and these
// triangles, the most violated of every row found again and again; for given moments that
// is a convex problem in as many dimensions as V has columns. Augmented Lagrangians in V and e look for the triangles: they
// soon have the right ones, but their multipliers settle slowly. For losses without kinks these are settled, and further triangles taken in,
// by a primal-dual interior-point method in W, w, tau and e (central), where its
// matrix of order 2 (n + (d + 1)(d + 2)/2) can be factored often enough. A triangle's multiplier moves weight from one row to others and to what is
// left of it (Transfer), before all rows get their parabolas. In one dimension, triangles
// say that e is convex; on the features of a composed network, whose rows lie on polygons
// of few dimensions, most remainders d are 0.
//
// Such features have many directions of hardly any variance. Moments are taken along the others, where these add next to nothing to a neuron or
// the interior-point method cannot be afforded with them (leading); the evidence is about all of X.
//
// Measured, gap over all patterns without triangles and with them: grade 2 of a 16 x 16
// image, rank 24, 0.407 -> 0.002; of 300 points of elevation, rank 9, 0.93 -> 0.21, rank 37, 0.95 -> 0.36
// after 8 CPU seconds, of which augmented Lagrangians take 5 (alone, these end at 0.94, and the interior-point method
// alone comes to 0.47 in 73); diabetes, 442 x 11, 0.305 -> 0.017 after 9 (0.032 by either alone).
//
// # Parts of the ball
//
// Where a small gap is left, the ball is divided by the signs of rows, x_i.w >= 0 or <= 0, and
// again (grow): neurons of different parts have moments, e and triangles of their own, and share
// the predictions, so that nu is the best one for the whole tree. In a part whose branchings
// know the sign z of row i, e_i = z t_i. The Newton matrix is one block for each part and an n x n
// matrix for what they share (parts). The evidence is a tree with parabolas at its leaves
// (Tree), in which such rows are linear and a |t| - b t^2 >= 0, b |x_i| <= a, may be added.
//
// Measured, gap on the whole ball and on parts: grade 2 of a 16 x 16 image at 0.1 beta_max, rank
// 5, 0.0110 -> 0.0046 with 4 parts, 0.0009 with 7, 0.0001 with 13; of 300 points of elevation at
// 0.1 beta_max, rank 6, 0.0006 with 8. Branching brought nothing on 300 points of rank 9 with a
// gap of 0.2, and a fifth, at several times the work, on t10 (0.104 -> 0.081) and diabetes
// (0.032 -> 0.026); products of two branchings' rows and |Wx_i| <= e_i as
// further constraints brought nothing at all.
//
//	beta, L, nu    Problem.Beta, Loss, Bound.Nu
//	V, rho, t, s   factor.v (V'), rho, t, s
//	a_i, g_i       Parabolas.Slope, Curvature
//	e, a_k, d      half.even, triangle.terms, half.d (d'V), triangle.rest
//	parts          half.path, branching
//	Z, Y, s, m     interior.z, y, slack, mult
package moments
