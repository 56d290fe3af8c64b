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
//	beta, L, nu    Problem.Beta, Loss, Bound.Nu
//	V, rho, t, s   factor.v (V'), rho, t, s
//	a_i, g_i       Parabolas.Slope, Curvature
package moments
